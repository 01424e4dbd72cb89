#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the hub's store keeps.
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

/// What proves to the hub, where a client can send nothing but a password (RFC), that it acts for
/// a client in a tenant. Its secret is kept as a hash only.
struct AccessKey {
    std::string id;  // stands in the key, see hub/access_key.hpp
    std::string secret_hash = {};
    std::string client_id;
    std::string tenant_id;
    std::string location = {};            // of the only agents that it leads to
    std::vector<std::string> hosts = {};  // the only ones there, see hub/key_hosts.hpp; none: all
    std::string description = {};
    TimePoint created_at = {};
    TimePoint expires_at = {};
    std::optional<TimePoint> used_at = {};  // within access_key_use_pause
    std::optional<TimePoint> revoked_at = {};
};
/// Of one client, neither expired nor revoked.
inline constexpr std::size_t access_keys_max = 64;
/// Virtual hosts that one key is for.
inline constexpr std::size_t access_key_hosts_max = 16;
/// Of one key: between two uses that are written.
inline constexpr std::chrono::hours access_key_use_pause{1};
/// For how long an expired or revoked key is still listed.
inline constexpr std::chrono::hours access_key_memory{90 * 24};

/// A service channel: an agent's own network reaches a service of the hub's side. Opened by agents
/// only.
struct Channel {
    std::string tenant_id;
    std::string name;
    std::string agent = {};                    // the only one that may open it; empty: any
    std::optional<std::string> location = {};  // likewise
    std::string target = {};                   // "host:port"
    TimePoint created_at = {};
    bool operator==(const Channel&) const = default;
};
/// Of one tenant.
inline constexpr std::size_t channels_of_tenant_max = 256;

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
    std::vector<AccessKey> access_keys = {};
    std::vector<Channel> channels = {};
};

}  // namespace sallyport::hub
