#include "hub/config.hpp"

#include "base/bytes.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "certs/sha256.hpp"
#include "daemon/log_config.hpp"
#include "hub/listening_sockets.hpp"
#include "net/endpoint.hpp"

#include <algorithm>
#include <sys/un.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

/// "sqlite:///folder/hub.db" -> "/folder". The database is always hub.db beside the hub's keys.
std::filesystem::path state_folder(ConfigTable& table, const std::filesystem::path& fallback) {
    const auto state = table.text("state", "sqlite://" + (fallback / "hub.db").string());
    constexpr std::string_view scheme = "sqlite://";
    const std::filesystem::path file = state.substr(std::min(scheme.size(), state.size()));
    if (!state.starts_with(scheme) || !file.is_absolute() || file.filename() != "hub.db") {
        table.problem("state", "must be sqlite:///FOLDER/hub.db, with an absolute path");
        return fallback;
    }
    return file.parent_path();
}

/// Of the audit log: agents decide how much is recorded, and must not fill the hub's disk.
constexpr std::uint64_t audit_retention_bytes_default = std::uint64_t{8} << 30;

/// Of a Unix socket's address, with its NUL.
constexpr std::size_t socket_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

bool is_dns_name(std::string_view name) {
    constexpr std::size_t name_bytes_max = 253;  // RFC 1035 section 2.3.4
    return !name.empty() && name.size() <= name_bytes_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

bool is_https_url(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme)) return false;
    const auto authority = url.substr(scheme.size());
    const auto colon = authority.find(':');
    if (!is_dns_name(authority.substr(0, colon))) return false;
    return colon == std::string_view::npos || net::HostPort::parse(authority).has_value();
}

seconds whole_seconds(std::chrono::milliseconds time) {
    return std::chrono::duration_cast<seconds>(time);
}

/// Of a port for cloud applications.
void check_plain_port(ConfigTable& table, std::string_view key, const std::string& address,
                      bool allow_plaintext) {
    const auto parsed = net::HostPort::parse(address);
    if (!parsed) table.problem(key, "must be host:port or :port");
    if (parsed && !is_loopback(*parsed) && !allow_plaintext)
        table.problem(key,
                      "carries tokens in clear text: use a loopback address, or say "
                      "allow_plaintext = true if the network is safe");
}

void read_hub(ConfigTable table, ConfigTable log_table, Config& config) {
    config.name = table.text("name");
    if (!is_dns_name(config.name))
        table.problem("name", "must be the hub's DNS name in lower case");
    config.tls = table.text("tls", config.tls);
    config.proxy = table.text("proxy", config.proxy);
    config.socks5 = table.text("socks5", config.socks5);
    config.url = table.text("url");
    if (!config.url.empty() && !is_https_url(config.url))
        table.problem("url", "must be https://name[:port] in lower case, without a path");
    const auto tls = net::HostPort::parse(config.tls);
    if (!tls) table.problem("tls", "must be host:port or :port");
    if (tls && config.url.empty())
        config.url =
            "https://" + config.name + (tls->port == 443 ? "" : ":" + std::to_string(tls->port));
    config.allow_plaintext = table.boolean("allow_plaintext", false);
    check_plain_port(table, "proxy", config.proxy, config.allow_plaintext);
    if (!config.socks5.empty())
        check_plain_port(table, "socks5", config.socks5, config.allow_plaintext);
    config.saprouter = table.text("saprouter", config.saprouter);
    if (!config.saprouter.empty())
        check_plain_port(table, "saprouter", config.saprouter, config.allow_plaintext);
    config.state_folder = state_folder(table, config.state_folder);
    config.admin_socket = table.path("admin_socket", config.admin_socket);
    if (config.admin_socket.native().size() > socket_path_bytes_max)
        table.problem("admin_socket", "must not be longer than " +
                                          std::to_string(socket_path_bytes_max) + " bytes");
    config.admin = daemon::read_admin(table, "sallyport-hub");
    config.workers = static_cast<std::size_t>(table.integer("workers", 2, 1, 64));
    config.log = daemon::read_log(table, log_table);
    const auto access = table.choice("access_log", {"refused", "all", "off"});
    config.access_log = access == "all"   ? AccessLevel::all
                        : access == "off" ? AccessLevel::off
                                          : AccessLevel::refused;
    config.token_lifetime =
        whole_seconds(table.duration("token_lifetime", 1h, token_lifetime_min, 24h));
    config.agent_certificate_lifetime =
        whole_seconds(table.duration("agent_certificate_lifetime", 720h, 1min, 8'784h));
    table.done();
}

void read_limits(ConfigTable table, Config& config) {
    auto& limits = config.client_limits;
    limits.requests_max = static_cast<std::uint32_t>(
        table.integer("requests_per_client", limits.requests_max, 1, 1'000'000));
    limits.aborts_per_second =
        static_cast<double>(table.integer("aborts_per_second", 50, 1, 100'000));
    limits.aborts_burst = static_cast<double>(table.integer("aborts_burst", 200, 1, 100'000));
    table.done();
}

void read_tunnel(ConfigTable table, Config& config) {
    constexpr std::int64_t mebibyte = 1024 * 1024;
    config.memory_budget_bytes =
        static_cast<std::size_t>(table.integer("memory_budget_mib", 64, 1, 64 * 1024) * mebibyte);
    config.keepalive.interval = table.duration("ping_interval", 15s, 20ms, 10min);
    config.keepalive.patience = table.duration("ping_timeout", 10s, 20ms, 10min);
    config.ready_interval =
        table.duration("ready_interval", tunnel::ready_interval_default, 100ms, 10min);
    config.hold = table.duration("hold_timeout", 5s, 0ms, 1min);
    config.drain = table.duration("drain_timeout", 30s, 0ms, 1h);
    table.done();
}

void read_enrolment(ConfigTable table, Config& config) {
    config.expired_grace = whole_seconds(
        table.duration("expired_grace", expired_grace_default, 0ms, certs::lifetime_max));
    const auto approve = table.choice("approve", {"never", "expired", "always"});
    config.approval = approve == "always"    ? ApprovalPolicy::always
                      : approve == "expired" ? ApprovalPolicy::expired
                                             : ApprovalPolicy::never;
    table.done();
}

void read_audit(ConfigTable table, Config& config) {
    config.audit = daemon::read_audit(table, audit_retention_bytes_default);
    table.done();
}

void read_agents(ConfigTable table, Config& config) {
    for (const std::filesystem::path file : table.texts("crl_files")) {
        if (!file.is_absolute()) table.problem("crl_files", "must be absolute paths");
        config.crl_files.push_back(file);
    }
    table.done();
}

/// A DNS name whose first label may be "*".
bool is_server_name(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    return is_dns_name(name);
}

CertificateConfig read_certificate(ConfigTable table) {
    CertificateConfig certificate;
    certificate.names = table.texts("names");
    certificate.chain_file = table.path("chain_file");
    certificate.key_file = table.secret_path("key_file");
    for (const auto* key : {"names", "chain_file", "key_file"})
        if (!table.has(key)) table.problem(key, "is missing");
    if (!std::ranges::all_of(certificate.names, is_server_name))
        table.problem("names", "must be DNS names in lower case, e.g. \"*.auth.hub.example.com\"");
    if (table.has("names") && certificate.names.empty())
        table.problem("names", "must have at least one name");
    table.done();
    return certificate;
}

}  // namespace

Result<Config> Config::parse(const std::string& text, const std::string& name) {
    Config config;
    ConfigProblems problems;
    auto document = read_config(text, name, problems);
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    read_hub(document.table("hub"), document.table("log"), config);
    read_enrolment(document.table("enrolment"), config);
    read_audit(document.table("audit"), config);
    read_agents(document.table("agents"), config);
    read_limits(document.table("limits"), config);
    read_tunnel(document.table("tunnel"), config);
    for (auto& table : document.tables("certificate"))
        config.certificates.push_back(read_certificate(table));
    document.done();
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    config.file = name;
    config.digest = to_hex(certs::sha256(as_bytes(text)));
    config.text = std::make_shared<const std::string>(text);
    return config;
}

Result<Config> Config::load(const std::filesystem::path& file) {
    auto text = read_config_file(file, config_file_bytes_max);
    if (text) return parse(*text, file.string());
    auto error = text.error();
    if (error.code == std::errc::no_such_file_or_directory)
        error.detail +=
            "; write the configuration there (docs/CONFIGURATION.md), or name another file with "
            "--config";
    return error;
}

}  // namespace sallyport::hub
