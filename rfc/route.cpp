#include "rfc/route.hpp"

#include "base/error.hpp"
#include "rfc/big_endian.hpp"
#include "rfc/ni.hpp"
#include "rfc/refusal_frames.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace sallyport::rfc {

using namespace std::string_view_literals;

namespace {

constexpr std::string_view route_mark = "NI_ROUTE\0"sv;
constexpr std::string_view router_error_mark = "NI_RTERR\0"sv;
constexpr std::uint8_t route_version = 2;
constexpr std::uint8_t ni_version = 40;
constexpr std::size_t route_head_bytes = 24;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

Result<void> check_field(std::string_view text, const char* what) {
    if (text.size() > route_field_bytes_max)
        return Error{Errc::limit, std::string(what) + " of a route is above 255 characters"};
    if (!is_printable(text))
        return Error{Errc::malformed,
                     std::string(what) + " of a route has blanks or unprintable characters"};
    return {};
}

Result<void> check_hop(const Hop& hop) {
    if (hop.host.empty()) return Error{Errc::malformed, "a hop of a route names no host"};
    if (hop.service.empty()) return Error{Errc::malformed, "a hop of a route has an empty service"};
    if (auto good = check_field(hop.host, "a host"); !good) return good;
    if (auto good = check_field(hop.service, "a service"); !good) return good;
    return check_field(hop.password.reveal(), "a password");
}

Result<void> check_hops(std::span<const Hop> hops) {
    if (hops.size() > hops_max) return Error{Errc::limit, "a route has at most 16 hops"};
    for (const auto& hop : hops)
        if (auto good = check_hop(hop); !good) return good;
    return {};
}

/// Takes one field that ends with NUL off the front.
std::optional<std::string_view> take_field(std::string_view& text) {
    const auto end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const auto field = text.substr(0, end);
    text.remove_prefix(end + 1);
    return field;
}

Error misread() { return {Errc::malformed, "the route request cannot be read"}; }

}  // namespace

Result<RouteRequest> read_route(BytesView payload) {
    if (payload.size() < route_head_bytes || !as_text(payload).starts_with(route_mark))
        return misread();
    const std::size_t count = read_u8(payload, 11);
    const auto mode = read_u8(payload, 12);
    const std::size_t offset = read_u32(payload, 20);
    auto list = as_text(payload.subspan(route_head_bytes));
    if (read_u8(payload, 9) != route_version || read_u32(payload, 16) != list.size() || mode > 2)
        return misread();
    if (count > hops_max) return Error{Errc::limit, "a route has at most 16 hops"};
    RouteRequest request;
    request.next = 0;
    request.talk_mode = static_cast<TalkMode>(mode);
    for (std::size_t i = 0; i < count; ++i) {
        if (payload.size() - route_head_bytes - list.size() == offset) request.next = i;
        const auto host = take_field(list);
        const auto service = take_field(list);
        const auto password = take_field(list);
        if (!host || !service || !password) return misread();
        request.hops.push_back(
            {std::string(*host), std::string(*service), Secret(std::string(*password))});
        if (request.hops.back().service.empty()) request.hops.back().service = router_service;
    }
    // The first entry is the reader's own, or that of a router before it.
    if (!list.empty() || request.next == 0) return misread();
    if (auto good = check_hops(request.hops); !good) return good.error();
    return request;
}

void append_router_error(Bytes& out, const RouterError& error, std::string_view time) {
    const auto frame = begin_frame(out);
    append_bytes(out, as_bytes(router_error_mark));
    append_u8(out, ni_version);
    append_u16(out, 0);
    append_u32(out, static_cast<std::uint32_t>(error.code));
    const auto length = out.size();
    append_u32(out, 0);
    append_error_text(out, {.text = error.text,
                            .code = error.code,
                            .component = "NI (network interface)",
                            .version = "40",
                            .module = "saprouter",
                            .time = time,
                            .location = "Sallyport"});
    write_u32(out, length, static_cast<std::uint32_t>(out.size() - length - 4));
    append_u32(out, 0);
    end_frame(out, frame);
}

}  // namespace sallyport::rfc
