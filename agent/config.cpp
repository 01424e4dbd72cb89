#include "agent/config.hpp"

#include "agent/hub_address.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "mappings/config.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

void read_agent(ConfigTable table, Config& config) {
    config.state_dir = table.text("state_dir", config.state_dir.string());
    config.admin_socket = table.text("admin_socket", config.admin_socket.string());
    config.workers = static_cast<std::size_t>(table.integer("workers", 1, 1, 64));
    const auto level = table.choice("log_level", {"info", "debug", "warn", "error"});
    config.log_level = level == "debug"   ? log::Level::debug
                       : level == "warn"  ? log::Level::warn
                       : level == "error" ? log::Level::error
                                          : log::Level::info;
    if (!table.text("admin_listen").empty())
        table.problem("admin_listen", "is not supported yet in this version");
    table.done();
}

HubConfig read_hub(ConfigTable table) {
    HubConfig hub;
    hub.name = table.text("name", hub.name);
    hub.url = table.text("url");
    hub.location = table.text("location");
    hub.connections = static_cast<std::size_t>(table.integer("connections", 2, 1, 8));
    hub.proxy = table.text("proxy");
    hub.proxy_credentials_file = table.text("proxy_credentials_file");
    if (!HubAddress::from_https_url(hub.url)) table.problem("url", "must be https://host[:port]");
    if (!hub.proxy.empty() && !HubAddress::from_proxy_url(hub.proxy))
        table.problem("proxy", "must be http://host:port");
    if (hub.proxy.empty() && !hub.proxy_credentials_file.empty())
        table.problem("proxy_credentials_file", "needs a proxy");
    table.done();
    return hub;
}

AuditConfig read_audit(ConfigTable table) {
    AuditConfig audit;
    const auto level = table.choice("level", {"all", "security", "off"});
    audit.level = level == "all"        ? audit::Level::all
                  : level == "security" ? audit::Level::security
                                        : audit::Level::off;
    audit.durability = table.choice("durability", {"process", "power"}) == "power"
                           ? audit::Durability::power
                           : audit::Durability::process;
    audit.on_failure = table.choice("on_failure", {"block", "degrade"}) == "degrade"
                           ? audit::OnFailure::degrade
                           : audit::OnFailure::block;
    audit.query_strings = table.boolean("query_strings", false);
    table.later({"retention_days"});
    table.done();
    return audit;
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
    table.done();
    return tunnel;
}

/// What later versions bring at the top level.
void refuse_later(ConfigTable& document) {
    document.later({"identity_provider", "enrolment", "channel"});
}

void read_document(ConfigTable& document, bool is_main, Config& config) {
    if (!is_main) {
        auto more = mappings::read_mappings(document, config.warnings);
        std::ranges::move(more, std::back_inserter(config.mappings));
        return document.done();
    }
    refuse_later(document);
    read_agent(document.table("agent"), config);
    for (auto& hub : document.tables("hub")) config.hubs.push_back(read_hub(hub));
    if (config.hubs.empty()) document.problem("hub", "needs at least one [[hub]] with a url");
    config.audit = read_audit(document.table("audit"));
    config.tunnel = read_tunnel(document.table("tunnel"));
    auto trust = document.table("trust");
    config.trust_ca_file = trust.text("ca_file");
    trust.done();
    auto principal = document.table("principal");
    config.strip = principal.texts("strip");
    principal.later({"validity", "subject"});
    principal.done();
    config.mappings = mappings::read_mappings(document, config.warnings);
    document.done();
}

/// What only shows when all documents are read.
void check_whole(const Config& config, ConfigProblems& problems) {
    for (auto hub = config.hubs.begin(); hub != config.hubs.end(); ++hub)
        if (std::any_of(config.hubs.begin(), hub, [&](auto& h) { return h.name == hub->name; }))
            problems.add("hub \"" + hub->name +
                         "\" stands twice; give each [[hub]] a name of its own");
    for (auto m = config.mappings.begin(); m != config.mappings.end(); ++m) {
        const auto name = m->virtual_host.text();
        if (std::any_of(config.mappings.begin(), m,
                        [&](auto& other) { return other.virtual_host == m->virtual_host; }))
            problems.add("virtual host " + name + " is mapped in more than one file");
        const bool known =
            std::ranges::any_of(config.hubs, [&](auto& hub) { return hub.name == m->hub; });
        if (!m->hub.empty() && !known)
            problems.add("mapping " + name + " names hub \"" + m->hub +
                         "\", which is not configured");
    }
}

}  // namespace

Result<Config> Config::parse(const std::vector<std::pair<std::string, std::string>>& documents) {
    Config config;
    ConfigProblems problems;
    std::string all;
    bool is_main = true;
    for (const auto& [name, text] : documents) {
        auto document = read_config(text, name, problems);
        read_document(document, std::exchange(is_main, false), config);
        all += std::to_string(text.size()) + "\n" + text;
    }
    if (problems.empty()) check_whole(config, problems);
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    config.digest = to_hex(certs::sha256(as_bytes(all)));
    if (!documents.empty()) config.file = documents.front().first;
    return config;
}

Result<Config> Config::load(const std::filesystem::path& file) {
    std::vector<std::filesystem::path> files{file};
    std::error_code failure;
    for (const auto& entry :
         std::filesystem::directory_iterator(file.parent_path() / "mappings.d", failure))
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::sort(files.begin() + 1, files.end());
    std::vector<std::pair<std::string, std::string>> documents;
    for (const auto& path : files) {
        auto text = read_file(path);
        if (!text) return text.error();
        documents.emplace_back(path.string(), std::move(*text));
    }
    return parse(documents);
}

}  // namespace sallyport::agent
