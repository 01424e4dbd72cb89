#pragma once

#include "base/result.hpp"
#include "hub/outbox.hpp"
#include "hub/store_records.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// The hub's state on disk, shared by the running hub and the command line. Every call blocks
/// (run it on the pool) and may be made from any thread; each change is one transaction. What an
/// administrator does leaves an entry in the outbox, in the same transaction.
///
/// Errors of all calls: Errc::conflict (exists already or contradicts what is there),
/// Errc::not_found, Errc::unavailable (another process holds the database), Errc::failed.
class Store {
public:
    /// Makes a new database, mode 0600. Errors: Errc::conflict if the file is there.
    static Result<Store> create(const std::filesystem::path& file);
    /// Opens an existing one and brings its schema up to date. Errors: Errc::not_found;
    /// Errc::unsupported if a newer version of this program made it.
    static Result<Store> open(const std::filesystem::path& file);

    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    /// Who changes it from now on. Before the first call: whoever runs this process.
    void act_as(Actor actor);
    /// Acts that are not on record yet, the oldest first.
    Result<std::vector<OutboxEntry>> outbox(std::size_t count_max);
    /// Those up to this one are on record.
    Result<void> settle_outbox(std::uint64_t up_to);
    /// An act that changes nothing here.
    Result<void> note_act(const Act& act);

    /// Changes whenever anybody, this process or another one, has changed the content.
    Result<std::uint64_t> data_version();
    Result<StoreContent> content();

    Result<void> add_tenant(const Tenant& tenant, TimePoint now);
    Result<std::vector<Tenant>> tenants();
    Result<Tenant> tenant_by_name(std::string_view name);
    Result<void> enable_tenant(std::string_view id, bool enabled);

    Result<void> add_client(const Client& client, TimePoint now);
    Result<std::vector<Client>> clients();
    Result<void> enable_client(std::string_view id, bool enabled);
    Result<void> subscribe(std::string_view client_id, std::string_view tenant_id);
    Result<void> unsubscribe(std::string_view client_id, std::string_view tenant_id);

    /// Errors: Errc::conflict if the id is taken, Errc::not_found if there is no such client,
    /// Errc::denied if it may not act in the tenant, Errc::limit above access_keys_max.
    Result<void> add_access_key(const AccessKey& key);
    /// Of all clients, by client and creation.
    Result<std::vector<AccessKey>> access_keys();
    /// Errors: Errc::not_found; Errc::conflict if it is revoked already.
    Result<AccessKey> revoke_access_key(std::string_view id, TimePoint now);
    /// At most one use in access_key_use_pause is written.
    Result<void> access_key_used(std::string_view id, TimePoint now);

    /// Errors: Errc::conflict if the tenant has one of this name, Errc::limit above
    /// channels_of_tenant_max, Errc::not_found if the tenant has no such agent.
    Result<void> add_channel(const Channel& channel);
    /// Of all tenants, by tenant and name.
    Result<std::vector<Channel>> channels();
    /// Errors: Errc::not_found.
    Result<void> remove_channel(std::string_view tenant_id, std::string_view name);

    /// `agent` must have a location; `token` is its first join token. Errors: Errc::conflict also
    /// if another agent stands at one of the locations and one of the two does not share it.
    Result<void> add_agent(const Agent& agent, const JoinTokenEntry& token);
    Result<std::vector<Agent>> agents();
    Result<Agent> agent(const AgentKey& key);
    /// Gives the agent a new join token in place of unused ones. A revoked agent may enrol again
    /// with it; certificates issued so far stay what they are until it does.
    Result<void> reissue(const JoinTokenEntry& token, TimePoint now);
    /// The agent, its unused join tokens and all its certificates end now.
    Result<void> revoke_agent(const AgentKey& key, TimePoint now);

    Result<JoinTokenEntry> join_token(std::string_view secret_hash);
    /// Uses the token up and records the certificate made with it, whose `generation` is set here;
    /// certificates of earlier generations are revoked. Of two calls with the same token one wins.
    /// Errors: Errc::unauthorized if the token is not (or no longer) valid, nothing is changed.
    Result<std::uint64_t> redeem(std::string_view secret_hash, const CertificateEntry& certificate,
                                 TimePoint now);
    Result<std::vector<CertificateEntry>> certificates(const AgentKey& key);

    /// Records the certificate that follows the one with `serial`, and returns its generation. The
    /// one before stays good: it is the new one's first link that makes it a thing of the past.
    /// Errors: Errc::unauthorized if the hub does not know `serial` for this agent, or it is
    /// revoked; Errc::denied if a newer generation is in use, so that somebody runs a copy.
    Result<std::uint64_t> renew(std::string_view serial, const CertificateEntry& certificate);
    /// The same errors, and no change.
    Result<void> may_renew(std::string_view serial, const AgentKey& agent);
    /// A link of this agent was taken in. Never takes anything back to an older generation or
    /// epoch; what was seen of an earlier enrolment is ignored.
    Result<void> confirm(const AgentKey& key, const Sighting& sighting);
    /// At most one in alarm_pause is written and counted: whoever has a copy must not be able to
    /// fill the disk by trying. Says whether this one was.
    Result<bool> raise_alarm(const AgentKey& key, std::string_view reason, std::string_view peer,
                             TimePoint now);
    /// Errors: Errc::not_found if there is no alarm.
    Result<void> clear_alarm(const AgentKey& key);

    /// By number; never empty.
    Result<std::vector<AuthorityEntry>> authorities();
    /// Errors: Errc::conflict if they are not `before` any more.
    Result<void> change_authorities(const std::vector<AuthorityEntry>& before,
                                    const std::vector<AuthorityEntry>& after);

    /// Of all tenants.
    Result<std::vector<ExternalAuthority>> external_authorities();
    /// Errors: Errc::conflict if it is there, Errc::limit if there are too many.
    Result<void> trust_external(const ExternalAuthority& authority);
    /// Errors: Errc::not_found.
    Result<void> distrust_external(std::string_view tenant_id, std::string_view fingerprint);
    /// A certificate that the hub remembers. Errors: Errc::not_found.
    Result<CertificateEntry> certificate(std::string_view serial);

    /// Whether an administrator has let this key pass; if not, it waits for one from now on, beside
    /// other keys of the agent. Errors: Errc::denied if approvals_per_agent_max wait already.
    Result<bool> ask_approval(const AgentKey& agent, std::string_view key_hash,
                              std::string_view what, TimePoint now);
    /// What waits, or was approved and not fetched yet.
    Result<std::vector<Approval>> approvals();
    /// Errors: Errc::not_found if this key of the agent does not wait.
    Result<void> approve(const AgentKey& agent, std::string_view key_hash, TimePoint now);

private:
    class Implementation;
    explicit Store(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::hub
