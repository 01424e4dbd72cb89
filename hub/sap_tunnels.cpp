#include "hub/sap_tunnels.hpp"

#include "hub/external_authority.hpp"

#include <array>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

namespace sallyport::hub {
namespace {

namespace json = boost::json;
using daemon::sap::TunnelState;

/// Of each agent the newest certificate that stands.
using NewestCertificates = std::map<AgentKey, const CertificateEntry*>;

NewestCertificates newest_certificates(const Accounts& accounts) {
    NewestCertificates newest;
    for (const auto& [serial, entry] : accounts.certificates) {
        if (entry.revoked_at) continue;
        auto& of_one = newest[entry.agent];
        if (of_one == nullptr || of_one->generation < entry.generation) of_one = &entry;
    }
    return newest;
}

/// Which agents are attached, by tenant, name and location.
using Attached = std::map<std::array<std::string_view, 3>, const Registry::Status*>;

Attached by_place(std::span<const Registry::Status> attached) {
    Attached all;
    for (const auto& status : attached)
        all[{status.member.tenant, status.member.agent, status.member.location}] = &status;
    return all;
}

template <class Map>
typename Map::mapped_type pointer_in(const Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
}

/// One that was never enrolled, or must not come, is not missed.
bool is_expected(const Agent& agent, const Tenant* tenant, const CertificateEntry* issued) {
    return tenant != nullptr && tenant->enabled && !agent.revoked_at && issued != nullptr;
}

daemon::sap::Moment wall_time_of(Registry::Time time, const SapClocks& now) {
    return now.wall - std::chrono::duration_cast<daemon::sap::Moment::duration>(now.steady - time);
}

json::object to_sap(const CertificateEntry& certificate) {
    json::object out{{"notAfterTimeStamp", daemon::sap::to_milliseconds(certificate.not_after)}};
    if (!is_external_serial(certificate.serial)) out["serialNumber"] = certificate.serial;
    return out;
}

}  // namespace

std::vector<SapTunnel> sap_tunnels(const Accounts& accounts,
                                   std::span<const Registry::Status> attached,
                                   const std::string& region_host, const SapClocks& now) {
    const auto newest = newest_certificates(accounts);
    const auto places = by_place(attached);
    std::vector<SapTunnel> all;
    const auto add = [&](const Tenant* tenant, const Agent& agent, const std::string& location) {
        SapTunnel tunnel{.account = {.name = agent.key.name,
                                     .region_host = region_host,
                                     .subaccount = agent.key.tenant_id,
                                     .location = location},
                         .tenant_name = tenant == nullptr ? "" : tenant->name};
        const auto* certificate = pointer_in(newest, agent.key);
        if (is_expected(agent, tenant, certificate)) tunnel.state = TunnelState::connect_failure;
        if (const auto* link =
                pointer_in(places, {agent.key.tenant_id, agent.key.name, location})) {
            tunnel.state = TunnelState::connected;
            tunnel.links = link->links;
            tunnel.since = wall_time_of(link->since, now);
            if (const auto* shown = accounts.find_certificate(link->member.serial))
                certificate = shown;
        }
        if (certificate != nullptr) tunnel.certificate = *certificate;
        all.push_back(std::move(tunnel));
    };
    for (const auto& [tenant_id, agents] : accounts.agents)
        for (const auto& [name, agent] : agents)
            for (const auto& location : agent.locations)
                add(accounts.find_tenant(tenant_id), agent, location.name);
    return all;
}

json::object sap_subaccounts(std::span<const SapTunnel> tunnels) {
    json::array all;
    for (const auto& tunnel : tunnels) {
        auto one = daemon::sap::head_of(tunnel.account);
        one["displayName"] = tunnel.account.name;
        one["description"] = tunnel.tenant_name;
        auto told = daemon::sap::tunnel(tunnel.state, tunnel.links, tunnel.since);
        if (tunnel.certificate) told["subaccountCertificate"] = to_sap(*tunnel.certificate);
        one["tunnel"] = std::move(told);
        all.push_back(std::move(one));
    }
    return daemon::sap::whole(std::move(all));
}

std::vector<daemon::sap::Certificate> sap_certificates_of(std::span<const SapTunnel> tunnels) {
    std::vector<daemon::sap::Certificate> all;
    for (const auto& tunnel : tunnels)
        // Nobody renews one that nobody waits for, and it is no alarm when it ends.
        if (tunnel.certificate && tunnel.state != TunnelState::disconnected)
            all.push_back({.ends = tunnel.certificate->not_after, .account = tunnel.account});
    return all;
}

}  // namespace sallyport::hub
