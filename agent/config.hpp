#pragma once

#include "agent/config_channel.hpp"
#include "agent/config_principal.hpp"
#include "agent/config_ssh.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "daemon/admin_config.hpp"
#include "daemon/audit_config.hpp"
#include "daemon/proxy_way.hpp"
#include "mappings/mapping.hpp"
#include "net/reconnect.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/keepalive.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::agent {

/// [[hub]]: one hub this agent keeps links to.
struct HubConfig {
    std::string name = "default";
    std::string url;       // https://host[:port]
    std::string location;  // must be granted at the hub; empty: the default location
    std::size_t connections = 2;
    std::string proxy;  // http://host:port of a corporate proxy, or empty
    std::filesystem::path proxy_credentials_file;  // "user:password"

    bool operator==(const HubConfig&) const = default;
};

struct TunnelConfig {
    std::size_t memory_budget_bytes = tunnel::MemoryBudget::bytes_default;
    tunnel::Keepalive::Settings keepalive{};
    net::Reconnect::Settings reconnect{};
    std::chrono::milliseconds drain{30'000};  // for exchanges that run when the agent stops

    /// Whether links made with the other one would be the same.
    bool same_links(const TunnelConfig& other) const;
};

/// [trust]: who vouches for https back ends; nothing: nobody is trusted.
struct TrustConfig {
    std::filesystem::path ca_file;
    std::filesystem::path ca_folder;
    std::vector<std::filesystem::path> crl_files;

    bool has_anchors() const { return !ca_file.empty() || !ca_folder.empty(); }
};

/// [enrolment]: the company's own EST server (RFC 7030), which makes the agent's certificate
/// instead of the hub.
struct EnrolmentConfig {
    KeyUrl est_url;                          // with the path, which ends without a slash
    std::filesystem::path ca_file;           // who signs the server's certificate
    std::filesystem::path credentials_file;  // "user:password" for simpleenroll, or empty
    daemon::ProxyWay proxy = {};             // to the EST server

    bool operator==(const EnrolmentConfig&) const = default;
};

/// Names and texts of files; the first is the main one.
using ConfigDocuments = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* admin_socket_default = "/run/sallyport/admin.sock";

/// agent.toml and mappings.d, checked (docs/CONFIGURATION.md says what each key means).
struct Config {
    std::filesystem::path file;
    std::filesystem::path state_dir = "/var/lib/sallyport";
    std::filesystem::path admin_socket = admin_socket_default;
    daemon::AdminConfig admin;
    std::size_t workers = 1;
    log::Settings log;
    std::vector<HubConfig> hubs;
    std::optional<EnrolmentConfig> enrolment;  // none: the hub enrols its agents
    daemon::AuditConfig audit;
    bool query_strings = false;  // [audit]: paths are recorded with what follows "?"
    TunnelConfig tunnel;
    TrustConfig trust;
    std::vector<IdentityProviderConfig> identity_providers;
    std::vector<std::string> strip;                // further identity fields removed from requests
    std::chrono::seconds principal_validity{600};  // of a user's certificate
    std::vector<certs::SubjectRule> subject;       // as whom back ends see users
    std::optional<KerberosConfig> kerberos;
    std::vector<SshConfig> ssh;
    std::vector<ChannelConfig> channels;
    std::vector<mappings::Mapping> mappings;
    std::vector<std::string> warnings;
    std::string digest;        // of what is in force, hexadecimal; stands in each audit record
    std::string files_digest;  // SHA-256 over all files; the same unless something overrides them
    std::shared_ptr<const ConfigDocuments> documents;  // what it was read from

    /// Reads `file` and every *.toml in `mappings.d` beside it, in the order of their names.
    /// Errors: Errc::malformed with every problem, one per line: "file:line:column: what".
    static Result<Config> load(const std::filesystem::path& file);
    /// The same from texts; the first is the main file.
    static Result<Config> parse(const ConfigDocuments& documents);
    /// The files that load() reads; the first is the main one. Errors: the operating system's.
    static Result<std::vector<std::filesystem::path>> files(const std::filesystem::path& file);
    /// The texts that load() reads. Errors: the operating system's, with what to do.
    static Result<ConfigDocuments> read(const std::filesystem::path& file);

    std::filesystem::path identity_folder() const { return state_dir / "identity"; }
    std::filesystem::path audit_folder() const { return daemon::audit_folder(state_dir); }
    std::filesystem::path epoch_file() const { return state_dir / "epoch"; }
    std::filesystem::path witness_pins_file() const { return state_dir / "witnesses.json"; }
    /// What an administrator said of mappings at run time.
    std::filesystem::path overrides_file() const { return state_dir / "overrides.json"; }
    /// Which certificate the audit log has told of.
    std::filesystem::path recorded_file() const { return state_dir / "recorded_certificate"; }
};

}  // namespace sallyport::agent
