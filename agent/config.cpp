#include "agent/config.hpp"

#include "agent/hub_address.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "certs/sha256.hpp"
#include "daemon/log_config.hpp"
#include "mappings/config.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sys/un.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

/// Of a Unix socket's address, with its NUL.
constexpr std::size_t socket_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// As the hub names its agents and locations: 1..64 characters of A-Z a-z 0-9 . _ -
bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
    });
}

void read_agent(ConfigTable table, ConfigTable log_table, Config& config) {
    config.state_dir = table.path("state_dir", config.state_dir);
    config.admin_socket = table.path("admin_socket", config.admin_socket);
    if (config.admin_socket.native().size() > socket_path_bytes_max)
        table.problem("admin_socket", "must not be longer than " +
                                          std::to_string(socket_path_bytes_max) + " bytes");
    config.workers = static_cast<std::size_t>(table.integer("workers", 1, 1, 64));
    config.log = daemon::read_log(table, log_table);
    config.admin = daemon::read_admin(table, "sallyport");
    table.done();
}

HubConfig read_hub(ConfigTable table) {
    HubConfig hub;
    hub.name = table.text("name", hub.name);
    hub.url = table.text("url");
    hub.location = table.text("location");
    hub.connections = static_cast<std::size_t>(table.integer("connections", 2, 1, 8));
    hub.proxy = table.text("proxy");
    hub.proxy_credentials_file = table.secret_path("proxy_credentials_file");
    constexpr std::string_view name_rule = "must be 1 to 64 characters of A-Z a-z 0-9 . _ -";
    if (!is_name(hub.name)) table.problem("name", name_rule);
    if (!hub.location.empty() && !is_name(hub.location))
        table.problem("location", std::string(name_rule) + ", or empty for the default location");
    if (!HubAddress::from_https_url(hub.url)) table.problem("url", "must be https://host[:port]");
    if (!hub.proxy.empty() && !HubAddress::from_proxy_url(hub.proxy))
        table.problem("proxy", "must be http://host:port");
    if (hub.proxy.empty() && !hub.proxy_credentials_file.empty())
        table.problem("proxy_credentials_file", "needs a proxy");
    table.done();
    return hub;
}

std::optional<EnrolmentConfig> read_enrolment(ConfigTable table) {
    constexpr std::string_view path_default = "/.well-known/est";  // RFC 7030 section 3.2.2
    const auto url = table.text("est_url");
    const auto ca = table.text("ca_file").empty() ? "" : table.path("ca_file");
    const auto credentials = table.secret_path("credentials_file");
    daemon::ProxyWay proxy{table.text("proxy"), table.secret_path("proxy_credentials_file")};
    if (url.empty()) {
        for (const auto* key : {"ca_file", "credentials_file", "proxy", "proxy_credentials_file"})
            if (table.has(key)) table.problem(key, "needs est_url");
        table.done();
        return std::nullopt;
    }
    auto parsed = KeyUrl::parse(url);
    if (!parsed || parsed->target.find('?') != std::string::npos)
        table.problem("est_url", "must be https://host[:port][/path]");
    if (!proxy.url.empty() && !HubAddress::from_proxy_url(proxy.url))
        table.problem("proxy", "must be http://host:port");
    if (proxy.url.empty() && !proxy.credentials.empty())
        table.problem("proxy_credentials_file", "needs a proxy");
    if (ca.empty()) table.problem("ca_file", "is needed: who signs the EST server's certificate");
    table.done();
    if (!parsed) return std::nullopt;
    while (parsed->target.ends_with('/')) parsed->target.pop_back();
    if (parsed->target.empty()) parsed->target = path_default;
    return EnrolmentConfig{std::move(*parsed), ca, credentials, std::move(proxy)};
}

bool is_configured(const Config& config, std::string_view hub) {
    return std::ranges::any_of(config.hubs, [&](const auto& known) { return known.name == hub; });
}

void read_audit(ConfigTable table, Config& config) {
    config.audit = daemon::read_audit(table);
    for (const auto& witness : config.audit.witnesses)
        if (is_configured(config, witness.name))
            table.problem("witness", "must not be called " + witness.name +
                                         ": that is a [[hub]], which is a witness, too");
    config.query_strings = table.boolean("query_strings", false);
    table.done();
}

TunnelConfig read_tunnel(ConfigTable table) {
    TunnelConfig tunnel;
    constexpr std::int64_t mebibyte = 1024 * 1024;
    tunnel.memory_budget_bytes =
        static_cast<std::size_t>(table.integer("memory_budget_mib", 64, 1, 64 * 1024) * mebibyte);
    tunnel.keepalive.interval = table.duration("ping_interval", 15s, 20ms, 10min);
    tunnel.keepalive.patience = table.duration("ping_timeout", 10s, 20ms, 10min);
    tunnel.reconnect.first = table.duration("reconnect_first", 250ms, 1ms, 1h);
    tunnel.reconnect.ceiling = table.duration("reconnect_ceiling", 30s, 1ms, 1h);
    tunnel.drain = table.duration("drain_timeout", 30s, Milliseconds(0), 1h);
    if (tunnel.reconnect.first > tunnel.reconnect.ceiling)
        table.problem("reconnect_first", "must not be longer than reconnect_ceiling");
    table.done();
    return tunnel;
}

void read_trust(ConfigTable table, Config& config) {
    if (!table.text("ca_file").empty()) config.trust.ca_file = table.path("ca_file");
    if (!table.text("ca_folder").empty()) config.trust.ca_folder = table.path("ca_folder");
    for (const std::filesystem::path file : table.texts("crl_files")) {
        if (!file.is_absolute()) table.problem("crl_files", "must be absolute paths");
        config.trust.crl_files.push_back(file);
    }
    if (!config.trust.crl_files.empty() && !config.trust.has_anchors())
        table.problem("crl_files", "needs ca_file or ca_folder: the authorities that sign them");
    table.done();
}

/// The [[mapping]] tables of one more document.
void read_mappings(ConfigTable& document, Config& config) {
    mappings::MappingDocuments documents{std::move(config.mappings), {}, {}, {}};
    documents.knows_kerberos = config.kerberos.has_value();
    for (const auto& hub : config.hubs) documents.hubs.push_back(hub.name);
    mappings::read_mappings(document, documents);
    config.mappings = std::move(documents.mappings);
    std::ranges::move(documents.warnings, std::back_inserter(config.warnings));
}

/// agent.toml itself.
void read_main(ConfigTable& document, Config& config) {
    read_agent(document.table("agent"), document.table("log"), config);
    for (auto& table : document.tables("hub")) {
        auto hub = read_hub(table);
        if (is_configured(config, hub.name))
            table.problem("name",
                          "stands twice: " + hub.name + "; give each [[hub]] a name of its own");
        config.hubs.push_back(std::move(hub));
    }
    if (!document.has("hub")) document.problem("", "needs at least one [[hub]] with a url");
    std::vector<std::string> hubs;
    for (const auto& hub : config.hubs) hubs.push_back(hub.name);
    config.channels = read_channels(document, hubs);
    config.enrolment = read_enrolment(document.table("enrolment"));
    read_audit(document.table("audit"), config);
    config.tunnel = read_tunnel(document.table("tunnel"));
    read_trust(document.table("trust"), config);
    config.identity_providers = read_identity_providers(document, config.warnings);
    auto principal = read_principal(document.table("principal"));
    config.strip = std::move(principal.strip);
    config.principal_validity = principal.validity;
    config.subject = std::move(principal.subject);
    if (document.has("kerberos")) config.kerberos = read_kerberos(document.table("kerberos"));
    config.ssh = read_ssh(document);
    read_mappings(document, config);
    document.done();
}

/// A file of mappings.d.
void read_more(ConfigTable& document, Config& config) {
    for (const auto* key : {"agent", "log", "hub", "audit", "tunnel", "trust", "principal",
                            "kerberos", "identity_provider", "enrolment", "channel", "ssh"})
        if (document.has(key))
            document.problem(key, "belongs into agent.toml; here stand [[mapping]] tables only");
    read_mappings(document, config);
    document.done();
}

void warn_of_missing_trust(Config& config) {
    const auto found = std::ranges::find_if(config.mappings, &mappings::Mapping::is_tls);
    if (found != config.mappings.end() && !config.trust.has_anchors())
        config.warnings.push_back("mapping " + found->virtual_host.text() +
                                  " speaks TLS, but [trust] ca_file names no authority, so no "
                                  "connection to it can succeed");
}

void warn_of_principals(Config& config) {
    for (const auto& mapping : config.mappings) {
        if (!mapping.principal.looks_at_tokens() || !config.identity_providers.empty()) continue;
        config.warnings.push_back(
            "mapping " + mapping.virtual_host.text() +
            " has a principal, but no [[identity_provider]] says whose tokens to believe, so every "
            "request with a token is refused");
        break;
    }
    for (const auto& provider : config.identity_providers)
        for (const auto& hub : config.hubs)
            if (provider.issuer == hub.url || provider.issuer.starts_with(hub.url + "/"))
                config.warnings.push_back("identity_provider " + provider.issuer +
                                          " is the hub itself: whoever controls the hub can then "
                                          "act here as any user");
}

}  // namespace

bool TunnelConfig::same_links(const TunnelConfig& other) const {
    const auto times = [](const TunnelConfig& config) {
        return std::array{config.keepalive.interval, config.keepalive.patience,
                          config.reconnect.first, config.reconnect.ceiling};
    };
    return memory_budget_bytes == other.memory_budget_bytes && times(*this) == times(other);
}

Result<Config> Config::parse(const ConfigDocuments& documents) {
    Config config;
    ConfigProblems problems;
    std::string all;
    bool is_main_read = false;
    for (const auto& file : documents) {
        const auto& [name, text] = file;
        all += std::to_string(text.size()) + "\n" + text;
        const auto before = problems.count();
        auto document = read_config(text, name, problems);
        if (problems.count() > before) continue;  // no TOML: nothing more can be said of it
        if (&file == &documents.front()) {
            read_main(document, config);
            is_main_read = true;
        } else if (is_main_read) {  // without its hubs these would only seem to be wrong
            read_more(document, config);
        }
    }
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    warn_of_missing_trust(config);
    warn_of_principals(config);
    config.files_digest = to_hex(certs::sha256(as_bytes(all)));
    config.digest = config.files_digest;
    config.documents = std::make_shared<ConfigDocuments>(documents);
    if (!documents.empty()) config.file = documents.front().first;
    return config;
}

}  // namespace sallyport::agent
