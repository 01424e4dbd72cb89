#pragma once

#include <cstdint>
#include <string>

namespace sallyport::agent {

/// Host as a back end expects it of itself: without a port that goes without saying (RFC 9110
/// section 7.2), an IPv6 address in brackets.
std::string internal_authority(const std::string& host, std::uint16_t port, bool tls);

}  // namespace sallyport::agent
