#include "rfc/route.hpp"

#include "base/error.hpp"
#include "rfc/big_endian.hpp"
#include "rfc/ni.hpp"
#include "rfc/refusal_frames.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

namespace sallyport::rfc {

using namespace std::string_view_literals;

namespace {

constexpr std::string_view route_mark = "NI_ROUTE\0"sv;
constexpr std::string_view error_mark = "NI_RTERR\0"sv;
constexpr std::uint8_t route_version = 2;
constexpr std::uint8_t ni_version = 40;
constexpr std::size_t route_head_bytes = 24;
constexpr std::size_t error_head_bytes = 20;

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

/// Takes "/X/value" off the front, up to the next slash.
struct Element {
    char key = 0;
    std::string_view value{};
};
std::optional<Element> take_element(std::string_view& text) {
    if (text.size() < 3 || text[0] != '/' || text[2] != '/') return std::nullopt;
    const Element element{text[1], text.substr(3, text.find('/', 3) - 3)};
    text.remove_prefix(3 + element.value.size());
    return element;
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

Result<std::vector<Hop>> parse_route(std::string_view text) {
    const Error shape{Errc::malformed,
                      "a route is written /H/host/S/service/W/password, repeated for each hop"};
    std::vector<Hop> hops;
    char last = 0;
    while (!text.empty()) {
        const auto element = take_element(text);
        if (!element) return shape;
        const char key = element->key == 'P' ? 'W' : element->key;
        if (key == 'H') {
            if (hops.size() == hops_max) return Error{Errc::limit, "a route has at most 16 hops"};
            hops.push_back({.host = std::string(element->value)});
        } else if (key == 'S' && last == 'H') {
            hops.back().service = element->value;
        } else if (key == 'W' && (last == 'H' || last == 'S')) {
            hops.back().password = Secret(std::string(element->value));
        } else {
            return shape;
        }
        last = key;
    }
    if (hops.empty()) return shape;
    if (auto good = check_hops(hops); !good) return good.error();
    return hops;
}

Bytes route_frame(std::span<const Hop> hops) {
    assert(hops.size() > 1 && hops.size() <= hops_max);
    Bytes out;
    const auto frame = begin_frame(out);
    append_bytes(out, as_bytes(route_mark));
    append_u8(out, route_version);
    append_u8(out, ni_version);
    append_u8(out, static_cast<std::uint8_t>(hops.size()));
    append_u8(out, static_cast<std::uint8_t>(TalkMode::ni));
    append_u16(out, 0);
    append_u8(out, static_cast<std::uint8_t>(hops.size() - 1));
    const auto lengths = out.size();
    append_u32(out, 0);
    append_u32(out, 0);
    const auto list = out.size();
    for (const auto& hop : hops) {
        for (const auto field :
             {std::string_view(hop.host), std::string_view(hop.service), hop.password.reveal()}) {
            append_bytes(out, as_bytes(field));
            append_u8(out, 0);
        }
        if (&hop == hops.data())
            write_u32(out, lengths + 4, static_cast<std::uint32_t>(out.size() - list));
    }
    write_u32(out, lengths, static_cast<std::uint32_t>(out.size() - list));
    end_frame(out, frame);
    return out;
}

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
    append_bytes(out, as_bytes(error_mark));
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

Result<RouterError> read_router_error(BytesView payload) {
    const Error bad{Errc::malformed, "the SAProuter's error cannot be read"};
    if (payload.size() < error_head_bytes || !as_text(payload).starts_with(error_mark)) return bad;
    const std::size_t length = read_u32(payload, 16);
    if (length > payload.size() - error_head_bytes) return bad;
    auto text = as_text(payload.subspan(error_head_bytes, length));
    RouterError error{static_cast<std::int32_t>(read_u32(payload, 12)), {}};
    const auto mark = take_field(text);
    const auto count = take_field(text);
    const auto said = take_field(text);
    if (!mark || !count || !said) return error;  // some say nothing but the code
    error.text = *said;
    for (auto& c : error.text)
        if (c < ' ' || c > '~') c = '?';
    return error;
}

}  // namespace sallyport::rfc
