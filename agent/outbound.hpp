#pragma once

#include "agent/config.hpp"
#include "agent/site.hpp"
#include "daemon/outbound.hpp"

#include <span>
#include <string>
#include <vector>

namespace sallyport::agent {

/// Every place that the agent dials with this configuration. `kdcs`: of the realm of [kerberos]
/// ("host" or "host:port"); empty: DNS tells them. Pure.
std::vector<daemon::Outbound> outbound_of(const Config& config,
                                          std::span<const TechnicalCredentialsPtr> technical,
                                          std::span<const std::string> kdcs);

/// The same, with what stands in files that the configuration names.
std::vector<daemon::Outbound> outbound_of(const Site& site);

}  // namespace sallyport::agent
