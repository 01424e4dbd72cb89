// What a corporate proxy's answer to CONNECT means. Pure.
#pragma once

#include "net/egress_proxy.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::net {

/// "host:port" as CONNECT wants it, an IPv6 address in brackets.
std::string proxy_target(const ProxyRequest& request);

/// Where the head in `text` ends, or npos. A bare LF counts as a line end (RFC 9112 section 2.2).
std::size_t proxy_head_end(std::string_view text);

/// Judges the status line of `head` (RFC 9112 section 4). Fields are of no interest.
Result<void> judge_proxy_answer(std::string_view head, const ProxyRequest& request);

}  // namespace sallyport::net
