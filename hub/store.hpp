#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

using TimePoint = std::chrono::sys_seconds;

/// An account at the hub. `id` is random and never changes; it is what tokens call `zid`.
struct Tenant {
    std::string id;
    std::string name;
    std::string subdomain;  // a DNS label
    bool enabled = true;
};

/// An application that may ask for tokens: for its own tenant and for those that subscribed to it.
struct Client {
    std::string id;         // "sb-NAME"
    std::string tenant_id;  // the owner
    std::string secret_hash = {};
    bool enabled = true;
    std::vector<std::string> subscribed_tenant_ids = {};  // without the owner
};

/// Whether an agent accepts other agents at the same location.
enum class Sharing { alone, shared };

struct GrantedLocation {
    std::string name;  // empty: the default location
    Sharing sharing = Sharing::alone;
};

/// Who an agent is: unique within its tenant.
struct AgentKey {
    std::string tenant_id;
    std::string name;
    friend auto operator<=>(const AgentKey&, const AgentKey&) = default;
};

/// Two processes with one identity were seen; stands until an administrator has decided.
struct CloneAlarm {
    TimePoint raised_at;      // the last time
    std::uint64_t count = 0;  // how often since it stands
    std::string reason;
    std::string peer;  // address of the one that was refused
};

struct Agent {
    AgentKey key;
    std::uint64_t generation = 0;  // of the newest certificate; each one issued has the next number
    std::uint64_t enrolment = 0;   // how often it was enrolled with a join token
    std::uint64_t confirmed = 0;   // newest generation that a link was made with
    std::uint64_t epoch = 0;       // of the last process that was attached
    std::string process = {};
    std::vector<std::string> authorities = {};  // key hashes of those it trusts, as it last said
    std::optional<CloneAlarm> alarm = {};
    std::optional<TimePoint> revoked_at = {};
    TimePoint created_at = {};
    std::vector<GrantedLocation> locations = {};
};

/// A join token as the hub keeps it: its secret only as a hash.
struct JoinTokenEntry {
    std::string secret_hash = {};
    AgentKey agent;
    TimePoint expires_at;
    std::optional<TimePoint> used_at = {};
    std::optional<TimePoint> replaced_at = {};  // by a newer one, or the agent was revoked
    std::string tenant_name = {};               // for people; set by Store::join_token
};

struct CertificateEntry {
    std::string serial;  // lower-case hexadecimal; see hub/external_authority.hpp for foreign ones
    AgentKey agent = {};
    std::uint64_t generation = 0;
    TimePoint issued_at = {};
    TimePoint not_after = {};
    std::string authority = {};  // hash of the issuer's key, hexadecimal; empty: not known
    std::optional<TimePoint> revoked_at = {};
};

/// Certificates of an agent that the hub remembers: one that it has forgotten is as good as
/// revoked.
inline constexpr std::size_t certificates_kept_max = 8;

/// Of one agent: between two alarms that are written.
inline constexpr std::chrono::seconds alarm_pause{60};

/// Keys of one agent that wait for an administrator at once.
inline constexpr std::size_t approvals_per_agent_max = 4;
/// What an administrator has to tell of a key: 64 bits of its hash, which nobody finds a second key
/// for.
inline constexpr std::size_t approval_key_characters_min = 16;

/// A key for which an agent wants a certificate, and that an administrator must let pass.
struct Approval {
    AgentKey agent;
    std::string key_hash;  // SHA-256 of the public key, hexadecimal
    std::string what;
    TimePoint requested_at;
    std::optional<TimePoint> approved_at = {};
};

/// An authority of the hub; its files have its number in their names (see HubState).
enum class AuthorityRole { current, next, retired };
struct AuthorityEntry {
    std::int64_t number = 1;
    AuthorityRole role = AuthorityRole::current;
    bool issues = true;  // certificates of agents
    TimePoint changed_at = {};
    bool operator==(const AuthorityEntry&) const = default;
};

/// An authority outside the hub that may vouch for the keys of one tenant's agents.
struct ExternalAuthority {
    std::string tenant_id;
    std::string fingerprint;  // SHA-256 of the certificate, hexadecimal
    std::string certificate_pem;
    TimePoint added_at = {};
};
/// Per tenant.
inline constexpr std::size_t external_authorities_max = 16;

/// What a link of an agent told about it, once it was taken in.
struct Sighting {
    std::uint64_t enrolment = 0;
    std::uint64_t generation = 0;
    std::uint64_t epoch = 0;
    std::string process;
    std::vector<std::string> authorities;
};

/// All that decisions need, read in one transaction.
struct StoreContent {
    std::vector<Tenant> tenants;
    std::vector<Client> clients;
    std::vector<Agent> agents;
    std::vector<CertificateEntry> certificates = {};
    std::vector<AuthorityEntry> authorities = {};
    std::vector<std::string> revoked_serials = {};
    std::vector<ExternalAuthority> external_authorities = {};
};

/// The hub's state on disk, shared by the running hub and the command line. Every call blocks
/// (run it on the pool) and may be made from any thread; each change is one transaction.
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
    /// fill the disk by trying.
    Result<void> raise_alarm(const AgentKey& key, std::string_view reason, std::string_view peer,
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
