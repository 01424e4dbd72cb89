#pragma once

#include "base/bytes.hpp"
#include "rfc/big_endian.hpp"
#include "rfc/ni.hpp"
#include "rfc/route.hpp"

#include <cassert>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The client's side of a SAProuter (docs/RFC.md#saprouter).
namespace sallyport::test {

/// The hops of "/H/host/S/service/W/password/H/...", which is written well.
inline std::vector<rfc::Hop> hops_of(std::string_view route) {
    std::vector<rfc::Hop> hops;
    while (!route.empty()) {
        assert(route.size() > 2 && route[0] == '/' && route[2] == '/');
        const char key = route[1];
        const std::string value(route.substr(3, route.find('/', 3) - 3));
        route.remove_prefix(3 + value.size());
        if (key == 'H') hops.push_back({.host = value});
        if (key == 'S') hops.back().service = value;
        if (key == 'W') hops.back().password = Secret(std::string(value));
    }
    return hops;
}

/// The whole frame that asks the first hop for a way along the others.
inline Bytes route_frame(std::span<const rfc::Hop> hops) {
    assert(hops.size() > 1);
    Bytes list;
    std::size_t first_bytes = 0;
    for (const auto& hop : hops) {
        for (const auto field :
             {std::string_view(hop.host), std::string_view(hop.service), hop.password.reveal()}) {
            rfc::append_bytes(list, as_bytes(field));
            rfc::append_u8(list, 0);
        }
        if (first_bytes == 0) first_bytes = list.size();
    }
    Bytes out;
    const auto frame = rfc::begin_frame(out);
    rfc::append_bytes(out, as_bytes(std::string_view("NI_ROUTE\0\x02\x28", 11)));
    rfc::append_u8(out, static_cast<std::uint8_t>(hops.size()));
    rfc::append_u8(out, static_cast<std::uint8_t>(rfc::TalkMode::ni));
    rfc::append_u16(out, 0);
    rfc::append_u8(out, static_cast<std::uint8_t>(hops.size() - 1));
    rfc::append_u32(out, static_cast<std::uint32_t>(list.size()));
    rfc::append_u32(out, static_cast<std::uint32_t>(first_bytes));
    rfc::append_bytes(out, list);
    rfc::end_frame(out, frame);
    return out;
}

/// What a whole NI_RTERR frame says; nothing if it is none.
inline std::optional<rfc::RouterError> router_error_in(BytesView frame) {
    constexpr std::size_t head_bytes = rfc::frame_head_bytes + 20;
    if (frame.size() < head_bytes) return std::nullopt;
    if (rfc::kind_of(frame.subspan(rfc::frame_head_bytes)) != rfc::FrameKind::router_error)
        return std::nullopt;
    const auto length = rfc::read_u32(frame, head_bytes - 4);
    if (length + head_bytes > frame.size()) return std::nullopt;
    const std::string text(as_text(frame.subspan(head_bytes, length)));
    const std::string_view before(
        "*ERR*\0"
        "1\0",
        8);
    if (!text.starts_with(before)) return std::nullopt;
    const auto code = static_cast<std::int32_t>(rfc::read_u32(frame, head_bytes - 8));
    return rfc::RouterError{code, text.substr(before.size()).c_str()};
}

}  // namespace sallyport::test
