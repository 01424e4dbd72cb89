// The hub's agents in the words of SAP's monitoring API (/api/monitoring/*):
// docs/MONITORING.md#sap. Pure.
#pragma once

#include "daemon/sap_account.hpp"
#include "daemon/sap_certificates.hpp"
#include "hub/accounts.hpp"
#include "hub/registry.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sallyport::hub {

/// One agent at one location, attached or not.
struct SapTunnel {
    daemon::sap::Account account;  // `name`: of the agent
    std::string tenant_name;
    daemon::sap::TunnelState state = daemon::sap::TunnelState::disconnected;
    std::uint64_t links = 0;
    std::optional<daemon::sap::Moment> since{};
    /// Of its links, else the newest one that was issued and not revoked.
    std::optional<CertificateEntry> certificate{};
};

/// Both clocks at one moment.
struct SapClocks {
    daemon::sap::Moment wall;
    Registry::Time steady;
};

/// Of all agents, in the order of tenants, agents and locations; `region_host` is the hub's name.
std::vector<SapTunnel> sap_tunnels(const Accounts& accounts,
                                   std::span<const Registry::Status> attached,
                                   const std::string& region_host, const SapClocks& now);

/// /api/monitoring/subaccounts
boost::json::object sap_subaccounts(std::span<const SapTunnel> tunnels);

/// Theirs.
std::vector<daemon::sap::Certificate> sap_certificates_of(std::span<const SapTunnel> tunnels);

}  // namespace sallyport::hub
