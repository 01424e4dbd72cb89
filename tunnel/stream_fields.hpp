#pragma once

#include "tunnel/reserved_fields.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport::tunnel {

/// Whether a field of a message may stand in an HTTP/2 field section next to what we say there
/// ourselves. A field of a connection would make the whole section malformed (RFC 9113 section
/// 8.2.2), a reserved one would speak with our voice.
inline bool may_travel(std::string_view name) {
    static constexpr std::array<std::string_view, 6> of_a_hop = {
        "connection",        "keep-alive", "proxy-connection",
        "transfer-encoding", "upgrade",    "content-length"};
    return !name.starts_with(reserved::prefix) && !name.starts_with(':') &&
           std::ranges::find(of_a_hop, name) == of_a_hop.end();
}

}  // namespace sallyport::tunnel
