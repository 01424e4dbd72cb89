#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// An SSH server that connects the agent with internal systems which the agent does not reach by
/// itself.
struct JumpHost {
    std::string user;
    std::string host;  // name or address, an IPv6 one without brackets
    std::uint16_t port = 0;

    /// "ssh://tunnel@jump.corp:22"
    std::string text() const;
    bool operator==(const JumpHost&) const = default;
};

/// "ssh://user@host[:port]", the port defaults to 22. Errors: Errc::malformed with what it must
/// look like.
Result<JumpHost> parse_jump_host(std::string_view url);

}  // namespace sallyport::mappings
