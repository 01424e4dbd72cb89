#include "rfc/ni.hpp"

#include "rfc/big_endian.hpp"

#include <array>
#include <cassert>
#include <string_view>

namespace sallyport::rfc {

using namespace std::string_view_literals;

namespace {

constexpr std::string_view ping_text = "\0\0\0\x08NI_PING\0"sv;
constexpr std::string_view pong_text = "\0\0\0\x08NI_PONG\0"sv;

}  // namespace

FrameKind kind_of(BytesView payload) {
    if (payload.empty()) return FrameKind::empty;
    if (payload.front() != std::byte{'N'}) return FrameKind::record;
    const auto text = as_text(payload);
    if (text == ping_text.substr(frame_head_bytes)) return FrameKind::ping;
    if (text == pong_text.substr(frame_head_bytes)) return FrameKind::pong;
    if (text.starts_with("NI_ROUTE\0"sv)) return FrameKind::route;
    if (text.starts_with("NI_RTERR\0"sv)) return FrameKind::router_error;
    return FrameKind::record;
}

BytesView ping_frame() { return as_bytes(ping_text); }
BytesView pong_frame() { return as_bytes(pong_text); }

FrameHead read_frame_head(BytesView received) {
    if (received.size() < frame_head_bytes) return {};
    const std::size_t payload = read_u32(received, 0);
    if (payload > frame_bytes_max) return {FrameHead::State::too_large, frame_head_bytes};
    const auto whole = frame_head_bytes + payload;
    if (received.size() < whole) return {FrameHead::State::needs_more, whole};
    return {FrameHead::State::complete, whole};
}

std::size_t begin_frame(Bytes& out) {
    const auto begun = out.size();
    append_u32(out, 0);
    return begun;
}

void end_frame(Bytes& out, std::size_t begun) {
    assert(out.size() >= begun + frame_head_bytes);
    const auto payload = out.size() - begun - frame_head_bytes;
    write_u32(out, begun, static_cast<std::uint32_t>(payload));
}

}  // namespace sallyport::rfc
