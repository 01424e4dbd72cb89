#pragma once

#include "daemon/outbound.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// Servers that a resolv.conf(5) names, as they stand there.
std::vector<std::string> nameservers_in(std::string_view resolv_conf);

/// A drop-in for `unit` ("sallyport") that lets it talk to what `all` says this machine dials, to
/// `nameservers` and to itself, and to nobody else: IPAddressDeny= and IPAddressAllow= of
/// systemd.resource-control(5). `all` was resolved; what has no address stands there as a comment.
std::string systemd_drop_in(const std::vector<Outbound>& all,
                            const std::vector<std::string>& nameservers, std::string_view unit);

}  // namespace sallyport::daemon
