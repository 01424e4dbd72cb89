#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "daemon/admin_config.hpp"
#include "daemon/audit_config.hpp"
#include "hub/access_log.hpp"
#include "hub/client_limits.hpp"
#include "hub/est_server.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/keepalive.hpp"
#include "tunnel/ready.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::hub {

/// [[certificate]]: shown to HTTP/1.1 clients that name one of `names`.
struct CertificateConfig {
    std::vector<std::string> names;
    std::filesystem::path chain_file;
    std::filesystem::path key_file;
    bool operator==(const CertificateConfig&) const = default;
};

/// A token that is valid for less is of no use to applications that keep it.
inline constexpr std::chrono::seconds token_lifetime_min{600};

inline constexpr const char* admin_socket_default = "/run/sallyport-hub/admin.sock";

/// hub.toml, checked (docs/CONFIGURATION.md says what each key means).
struct Config {
    std::filesystem::path file;
    std::string digest;                        // SHA-256 of the file, hexadecimal
    std::shared_ptr<const std::string> text;   // what it was read from
    std::string name;                          // the hub's DNS name, in its certificate
    std::string url;                           // https://name[:port], stands in join tokens
    std::string tls = ":443";                  // links, enrolment, API
    std::string proxy = "127.0.0.1:20003";     // for cloud applications: HTTP
    std::string socks5 = "127.0.0.1:20004";    // and streams; empty: none
    std::string saprouter = "127.0.0.1:3299";  // and RFC; empty: none
    std::filesystem::path state_folder = "/var/lib/sallyport-hub";
    std::filesystem::path admin_socket = admin_socket_default;
    daemon::AdminConfig admin;
    std::size_t workers = 2;
    bool allow_plaintext = false;
    log::Settings log;
    AccessLevel access_log = AccessLevel::refused;
    daemon::AuditConfig audit;
    std::chrono::seconds token_lifetime{3'600};
    std::chrono::seconds agent_certificate_lifetime{30 * 86'400};
    std::chrono::seconds expired_grace = expired_grace_default;
    ApprovalPolicy approval = ApprovalPolicy::never;
    ClientLimits::Settings client_limits{};
    std::size_t memory_budget_bytes = tunnel::MemoryBudget::bytes_default;
    tunnel::Keepalive::Settings keepalive{};
    std::chrono::milliseconds ready_interval = tunnel::ready_interval_default;
    std::chrono::milliseconds hold{5'000};    // requests for an agent that restarts
    std::chrono::milliseconds drain{30'000};  // for exchanges that run when the hub stops
    std::vector<CertificateConfig> certificates;
    std::vector<std::filesystem::path> crl_files;  // of the authorities of agents

    std::filesystem::path audit_folder() const { return daemon::audit_folder(state_folder); }

    /// Errors: Errc::malformed with every problem, one per line: "file:line:column: what".
    static Result<Config> load(const std::filesystem::path& file);
    static Result<Config> parse(const std::string& text, const std::string& name);
};

}  // namespace sallyport::hub
