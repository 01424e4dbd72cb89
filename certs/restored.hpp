// What an agent that came out of a backup tells the hub when it enrols (docs/PROTOCOL.md#restored).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::certs {

/// The request field. Its value: "ORIGIN SIZE ROOT NEXT_ORIGIN NEXT_KEY".
inline constexpr std::string_view restored_field = "sallyport-restored";
inline constexpr std::size_t restored_bytes_max = 1024;

struct Restored {
    // Up to where the agent has the audit log of before:
    std::string origin;
    std::uint64_t size = 0;  // records; 0: the backup had no log
    std::string root;        // base64
    // The log that follows it:
    std::string next_origin;
    std::string next_key;  // vkey

    std::string to_text() const;
    /// Errors: Errc::malformed.
    static Result<Restored> parse(std::string_view text);
    friend bool operator==(const Restored&, const Restored&) = default;
};

}  // namespace sallyport::certs
