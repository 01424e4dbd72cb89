#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "hub/store.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::certs {
class AgentName;
}

namespace sallyport::hub {

/// How a request for a token names its tenant; both parts are optional.
struct TenantChoice {
    std::optional<std::string_view> zone_id = {};    // x-zid
    std::optional<std::string_view> subdomain = {};  // from the host name
};

/// Who may do what at this hub: an immutable picture of the store, shared by all workers. The
/// decisions that keep tenants apart are here, and nowhere else.
struct Accounts {
    /// Different for each picture taken in this process.
    std::uint64_t generation = 0;
    /// Store::data_version() when it was taken.
    std::uint64_t store_version = 0;

    std::map<std::string, Client, std::less<>> clients;
    std::map<std::string, Tenant, std::less<>> tenants;                   // by id
    std::map<std::string, std::string, std::less<>> tenant_of_subdomain;  // to id
    /// By tenant id, then name.
    std::map<std::string, std::map<std::string, Agent, std::less<>>, std::less<>> agents;
    std::set<std::string, std::less<>> revoked_serials;
    std::map<std::string, CertificateEntry, std::less<>> certificates;  // by serial

    std::vector<AuthorityEntry> authorities;
    std::map<std::string, AccessKey, std::less<>> access_keys;        // by id
    std::map<std::pair<std::string, std::string>, Channel> channels;  // by tenant id and name
    /// By tenant id and fingerprint.
    std::map<std::pair<std::string, std::string>, certs::Certificate> external_authorities;

    static std::shared_ptr<const Accounts> from(StoreContent content, std::uint64_t store_version);

    const Client* find_client(std::string_view id) const;
    const Tenant* find_tenant(std::string_view id) const;
    const AccessKey* find_access_key(std::string_view id) const;
    const Agent* find_agent(std::string_view tenant_id, std::string_view name) const;
    const CertificateEntry* find_certificate(std::string_view serial) const;
    /// The tenant's own authority with this fingerprint, if it is trusted (now).
    const certs::Certificate* find_external(const std::string& tenant_id,
                                            const std::string& fingerprint) const;

    /// The channel of this name, if this agent may open it at this location; else nullptr.
    const Channel* find_channel(const certs::AgentName& agent, std::string_view location,
                                const std::string& name) const;

    /// Whether the client may act in the tenant: both enabled, and the tenant owns the client or is
    /// subscribed to it. Errors: Errc::denied; the detail may be shown to the client.
    Result<void> may_act(const Client& client, std::string_view tenant_id) const;

    /// The tenant a token is for: the chosen one, else the client's owner. A choice only selects
    /// among tenants the client may act in, and says nothing about others: unknown and foreign ones
    /// look the same. Errors: Errc::denied, Errc::malformed if both parts choose different ones.
    Result<const Tenant*> choose_tenant(const Client& client, const TenantChoice& choice) const;

    /// Whether an agent with this certificate (lower-case hexadecimal serial) may serve `location`.
    /// Errors: Errc::denied (disabled, revoked, or the location is not its own), Errc::not_found.
    Result<void> may_attach(const certs::AgentName& name, std::string_view location,
                            std::string_view certificate_serial) const;

    bool is_revoked(std::string_view certificate_serial) const {
        return revoked_serials.contains(certificate_serial);
    }
};

/// A new picture if the store has changed since `current` (which may be null), else `current`.
/// Blocks; a running hub calls it every accounts_poll_interval, and at once after its own changes.
Result<std::shared_ptr<const Accounts>> refresh_accounts(
    Store& store, const std::shared_ptr<const Accounts>& current);

inline constexpr std::chrono::milliseconds accounts_poll_interval{250};

}  // namespace sallyport::hub
