#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/public_key.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

/// What an administrator carries from the hub to a new agent: where the hub is, the key that proves
/// it is the hub, who the agent will be, and a secret that works once.
///
/// `sp1.` base64url(JSON) `.` checksum, the checksum being the first 8 hexadecimal digits of the
/// SHA-256 of everything before its dot. It finds typing errors; it protects nothing.
struct JoinToken {
    std::string hub_url;  // https://host[:port]
    KeyHash authority_key_hash{};
    std::string tenant;
    std::string agent;
    std::vector<std::string> locations;  // "" is the default location
    Secret secret;
    std::chrono::sys_seconds expiry;  // judged by the caller, who knows the time

    Secret encode() const;
    /// White space around the token is skipped. Errors: Errc::malformed; the detail tells a
    /// mistyped token from one of another kind or version, and never repeats any of it.
    static Result<JoinToken> parse(std::string_view text);
};

inline constexpr std::size_t join_token_bytes_max = 8 * 1024;
inline constexpr std::size_t join_token_locations_max = 32;

}  // namespace sallyport::certs
