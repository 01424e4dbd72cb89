#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The way through SAProuters (docs/RFC.md#saprouter).
namespace sallyport::rfc {

inline constexpr std::size_t hops_max = 16;
inline constexpr std::size_t route_field_bytes_max = 255;
inline constexpr std::string_view router_service = "3299";  // where a route names none

/// A router on the way, or (the last one) its target.
struct Hop {
    std::string host;
    std::string service = std::string(router_service);  // a port, or e.g. "sapgw00"
    Secret password{};                                  // which this hop's router asks for
};

/// Reads "/H/host/S/service/W/password/H/...": each hop begins with /H/, service and password may
/// be left out, /P/ means /W/. Errors: malformed (the detail never repeats a password), limit.
Result<std::vector<Hop>> parse_route(std::string_view text);

enum class TalkMode : std::uint8_t { ni = 0, raw = 1, raw_after_route = 2 };

/// What an NI_ROUTE frame asks for.
struct RouteRequest {
    std::vector<Hop> hops{};
    std::size_t next = 1;  // index of the hop that its reader is to connect to
    TalkMode talk_mode = TalkMode::ni;
};

/// The whole frame that asks the first hop for a way along the others (at least one). It carries
/// the passwords in clear; a pong says that the way is open.
Bytes route_frame(std::span<const Hop> hops);

/// Reads the payload of a frame of kind `route`. Strict: every length and count must agree.
/// Errors: malformed, limit.
Result<RouteRequest> read_route(BytesView payload);

/// Return codes of routers, as far as they are made here.
namespace router_code {
inline constexpr std::int32_t connection_refused = -10, host_unknown = -90, refused = -92,
                              permission_denied = -94, invalid = -8, timed_out = -5;
}

struct RouterError {
    std::int32_t code = 0;
    std::string text{};
};

/// Appends a whole NI_RTERR frame. `time` is like "Sat Nov 21 02:00:00 2026", or empty.
void append_router_error(Bytes& out, const RouterError& error, std::string_view time = {});

/// Reads the payload of a frame of kind `router_error`; characters of the text that are not
/// printable become '?'. Errors: malformed.
Result<RouterError> read_router_error(BytesView payload);

}  // namespace sallyport::rfc
