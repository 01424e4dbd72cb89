#pragma once

#include "base/secret.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/task.hpp"

#include <string>

namespace sallyport::net {

/// Through which the agent leaves the company's network.
struct ProxyRequest {
    std::string host;  // where the proxy shall connect to; an IPv6 literal without brackets
    std::uint16_t port = 443;
    const Secret* credentials = nullptr;  // "user:password" (RFC 7617), or none
    std::string credentials_file = {};    // for the error text only
};

inline constexpr std::size_t proxy_head_bytes_max = 16 * 1024;

/// Asks the HTTP proxy at the other end of `wire` for a tunnel (CONNECT, RFC 9110 section 9.3.6).
/// Afterwards `wire` leads to the target, and is not attached.
/// Errors: Errc::unauthorized (407), Errc::denied (403), Errc::unavailable (other refusals),
/// Errc::protocol, Errc::limit, Errc::cut, Errc::timed_out; the detail says what to do.
Task<Result<void>> connect_through_proxy(Loop& loop, Duplex& wire, const ProxyRequest& request,
                                         Deadline deadline);

}  // namespace sallyport::net
