#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
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

enum class TalkMode : std::uint8_t { ni = 0, raw = 1, raw_after_route = 2 };

/// What an NI_ROUTE frame asks for.
struct RouteRequest {
    std::vector<Hop> hops{};
    std::size_t next = 1;  // index of the hop that its reader is to connect to
    TalkMode talk_mode = TalkMode::ni;
};

/// Reads the payload of a frame of kind `route`. Strict: every length and count must agree.
/// Errors: malformed, limit.
Result<RouteRequest> read_route(BytesView payload);

/// Return codes of routers, as far as they are made here.
namespace router_code {
inline constexpr std::int32_t connection_refused = -10, host_unknown = -90, service_unknown = -91,
                              refused = -92, internal = -93, permission_denied = -94, version = -96,
                              too_many_clients = -100, talk_mode = -101, invalid = -8,
                              timed_out = -5;
}

struct RouterError {
    std::int32_t code = 0;
    std::string text{};
};

/// Appends a whole NI_RTERR frame. `time` is like "Sat Nov 21 02:00:00 2026", or empty.
void append_router_error(Bytes& out, const RouterError& error, std::string_view time = {});

}  // namespace sallyport::rfc
