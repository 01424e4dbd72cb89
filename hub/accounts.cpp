#include "hub/accounts.hpp"

#include "base/error.hpp"
#include "certs/spiffe.hpp"
#include "hub/external_authority.hpp"

#include <algorithm>
#include <atomic>

namespace sallyport::hub {
namespace {

std::uint64_t next_generation() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

template <class Map>
auto* find_in(const Map& map, std::string_view key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

const GrantedLocation* find_grant(const Agent& agent, std::string_view location) {
    const auto found = std::ranges::find(agent.locations, location, &GrantedLocation::name);
    return found == agent.locations.end() ? nullptr : &*found;
}

}  // namespace

std::shared_ptr<const Accounts> Accounts::from(StoreContent content, std::uint64_t store_version) {
    auto accounts = std::make_shared<Accounts>();
    accounts->generation = next_generation();
    accounts->store_version = store_version;
    for (auto& tenant : content.tenants) {
        accounts->tenant_of_subdomain.emplace(tenant.subdomain, tenant.id);
        accounts->tenants.emplace(tenant.id, std::move(tenant));
    }
    for (auto& client : content.clients) accounts->clients.emplace(client.id, std::move(client));
    for (auto& agent : content.agents)
        accounts->agents[agent.key.tenant_id].emplace(agent.key.name, std::move(agent));
    for (auto& serial : content.revoked_serials)
        accounts->revoked_serials.insert(std::move(serial));
    accounts->authorities = std::move(content.authorities);
    for (const auto& external : content.external_authorities) {
        const auto certificate = certs::Certificate::from_pem(external.certificate_pem);
        if (!certificate) continue;  // what cannot be read is not trusted
        accounts->external_authorities.emplace(std::pair(external.tenant_id, external.fingerprint),
                                               *certificate);
    }
    for (auto& channel : content.channels)
        accounts->channels.emplace(std::pair(channel.tenant_id, channel.name), std::move(channel));
    for (auto& key : content.access_keys) accounts->access_keys.emplace(key.id, std::move(key));
    for (auto& certificate : content.certificates)
        accounts->certificates.emplace(certificate.serial, std::move(certificate));
    return accounts;
}

const Client* Accounts::find_client(std::string_view id) const { return find_in(clients, id); }

const Tenant* Accounts::find_tenant(std::string_view id) const { return find_in(tenants, id); }

const AccessKey* Accounts::find_access_key(std::string_view id) const {
    return find_in(access_keys, id);
}

const Agent* Accounts::find_agent(std::string_view tenant_id, std::string_view name) const {
    const auto* of_tenant = find_in(agents, tenant_id);
    return of_tenant == nullptr ? nullptr : find_in(*of_tenant, name);
}

const CertificateEntry* Accounts::find_certificate(std::string_view serial) const {
    return find_in(certificates, serial);
}

const certs::Certificate* Accounts::find_external(const std::string& tenant_id,
                                                  const std::string& fingerprint) const {
    const auto found = external_authorities.find(std::pair(tenant_id, fingerprint));
    return found == external_authorities.end() ? nullptr : &found->second;
}

const Channel* Accounts::find_channel(const certs::AgentName& agent, std::string_view location,
                                      const std::string& name) const {
    const auto found = channels.find(std::pair(std::string(agent.tenant()), name));
    if (found == channels.end()) return nullptr;
    const auto& channel = found->second;
    const bool is_for_agent = channel.agent.empty() || channel.agent == agent.agent();
    const bool is_for_location = !channel.location || *channel.location == location;
    return is_for_agent && is_for_location ? &channel : nullptr;
}

Result<void> Accounts::may_act(const Client& client, std::string_view tenant_id) const {
    if (!client.enabled) return Error{Errc::denied, "the client is disabled at the hub"};
    const bool its_own = client.tenant_id == tenant_id ||
                         std::ranges::find(client.subscribed_tenant_ids, tenant_id) !=
                             client.subscribed_tenant_ids.end();
    const auto* tenant = its_own ? find_tenant(tenant_id) : nullptr;
    if (tenant == nullptr)
        return Error{Errc::denied, "the client is not subscribed to this tenant"};
    if (!tenant->enabled) return Error{Errc::denied, "the tenant is disabled at the hub"};
    return {};
}

Result<const Tenant*> Accounts::choose_tenant(const Client& client,
                                              const TenantChoice& choice) const {
    const Error foreign{Errc::denied, "the client is not subscribed to this tenant"};
    std::string_view id = client.tenant_id;
    if (choice.subdomain) {
        const auto* named = find_in(tenant_of_subdomain, *choice.subdomain);
        if (named == nullptr) return foreign;
        id = *named;
    }
    if (choice.zone_id) {
        if (choice.subdomain && id != *choice.zone_id)
            return Error{Errc::malformed, "x-zid and the host name choose different tenants"};
        id = *choice.zone_id;
    }
    if (const auto allowed = may_act(client, id); !allowed) return allowed.error();
    return find_tenant(id);
}

Result<void> Accounts::may_attach(const certs::AgentName& name, std::string_view location,
                                  std::string_view certificate_serial) const {
    const auto* tenant = find_tenant(name.tenant());
    const auto* agent = find_agent(name.tenant(), name.agent());
    if (tenant == nullptr || agent == nullptr)
        return Error{Errc::not_found, "the hub does not know the agent " + name.text()};
    if (!tenant->enabled)
        return Error{Errc::denied, "the tenant " + tenant->name + " is disabled at the hub"};

    const auto command = " " + agent->key.name + " --tenant " + tenant->name;
    if (agent->revoked_at)
        return Error{Errc::denied,
                     "the agent was revoked; to let it return, run sallyport-hub "
                     "agent reissue" +
                         command};
    if (is_revoked(certificate_serial))
        return Error{Errc::denied,
                     "the agent's certificate was revoked; for a new one, run "
                     "sallyport-hub agent reissue" +
                         command};
    const auto* certificate = find_certificate(certificate_serial);
    if (certificate == nullptr || certificate->agent != agent->key)
        return Error{Errc::denied,
                     "the hub does not know the agent's certificate: it is older than the newest " +
                         std::to_string(certificates_kept_max) +
                         ", or the hub's database was restored; for a new one, run sallyport-hub "
                         "agent reissue" +
                         command};
    if (is_external_serial(certificate_serial) &&
        find_external(agent->key.tenant_id, certificate->authority) == nullptr)
        return Error{Errc::denied,
                     "the tenant does not trust the external authority of the agent's certificate "
                     "any more; for a new certificate, run sallyport-hub agent reissue" +
                         command};
    const auto* grant = find_grant(*agent, location);
    if (grant == nullptr)
        return Error{Errc::denied, "the location " + quoted(location) +
                                       " is not granted to the agent; see sallyport-hub agent "
                                       "show" +
                                       command};
    for (const auto& [other_name, other] : agents.find(name.tenant())->second) {
        if (other_name == agent->key.name || other.revoked_at) continue;
        const auto* other_grant = find_grant(other, location);
        if (other_grant == nullptr) continue;
        if (grant->sharing == Sharing::alone || other_grant->sharing == Sharing::alone)
            return Error{Errc::denied, "the location " + quoted(location) +
                                           " belongs to the agent " + other_name +
                                           " too, and one of the two was added without --shared"};
    }
    return {};
}

Result<std::shared_ptr<const Accounts>> refresh_accounts(
    Store& store, const std::shared_ptr<const Accounts>& current) {
    // The version first: what changes in between is read now and noticed again the next time.
    const auto version = store.data_version();
    if (!version) return version.error();
    if (current && current->store_version == *version) return current;
    auto content = store.content();
    if (!content) return content.error();
    return Accounts::from(std::move(*content), *version);
}

}  // namespace sallyport::hub
