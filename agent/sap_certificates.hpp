// The agent's certificates in the words of SAP's monitoring API: docs/MONITORING.md#sap. Pure.
#pragma once

#include "agent/sap_tunnels.hpp"
#include "daemon/sap_certificates.hpp"

#include <span>
#include <vector>

namespace sallyport::agent::sap {

/// `listed` as GET /v1/certificates. That of the tunnel is there once for each account.
std::vector<daemon::sap::Certificate> certificates_of(std::span<const Account> accounts,
                                                      const boost::json::object& listed);

}  // namespace sallyport::agent::sap
