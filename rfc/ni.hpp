#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>

/// NI, the framing below everything SAP: four bytes of length, then that many bytes of payload
/// (docs/RFC.md#frames).
namespace sallyport::rfc {

inline constexpr std::size_t frame_head_bytes = 4;
/// Payload of a frame. Clients cut at 28 000 bytes; also what an HTTP request or a TLS hello says
/// by mistake as its length lies far above.
inline constexpr std::size_t frame_bytes_max = 1024 * 1024;

enum class FrameKind {
    record,        // a gateway or APPC record
    ping,          // to be answered with a pong, on the same connection
    pong,          // means nothing more
    empty,         // some send it to keep a connection open
    route,         // NI_ROUTE: a wish to a SAProuter
    router_error,  // NI_RTERR: a SAProuter's "no"
};

FrameKind kind_of(BytesView payload);

/// Whole frames, with their lengths.
BytesView ping_frame();
BytesView pong_frame();

/// What stands at the start of received bytes.
struct FrameHead {
    enum class State { needs_more, complete, too_large };
    State state = State::needs_more;
    /// Bytes of the frame with its length; frame_head_bytes while the length is not known.
    std::size_t frame_bytes = frame_head_bytes;
};
FrameHead read_frame_head(BytesView received);

/// Appends room for a length; `end_frame` fills it in when the payload has been appended.
std::size_t begin_frame(Bytes& out);
void end_frame(Bytes& out, std::size_t begun);

}  // namespace sallyport::rfc
