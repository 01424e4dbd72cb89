#include "mappings/config.hpp"

#include "base/bytes.hpp"
#include "mappings/path_readings.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;

/// "https://host[:port]". Only what this version carries.
std::optional<InternalHost> read_internal(ConfigTable& table) {
    const auto url = table.text("internal");
    InternalHost internal;
    std::string_view rest = url;
    if (rest.starts_with("http://")) {
        internal = {Protocol::http, {}, 80};
        rest.remove_prefix(7);
    } else if (rest.starts_with("https://")) {
        internal = {Protocol::https, {}, 443};
        rest.remove_prefix(8);
    } else {
        for (const std::string_view scheme :
             {"rfc", "ldap", "ldaps", "tcp", "tcps", "smtp", "imap", "pop3", "sftp"})
            if (rest.starts_with(std::string(scheme) + "://")) {
                table.problem("internal", "with " + std::string(scheme) +
                                              ":// is not supported yet in this version");
                return std::nullopt;
            }
        table.problem("internal", "must be http://host[:port] or https://host[:port]");
        return std::nullopt;
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.starts_with('[')) {
        const auto end = rest.find(']');
        if (end != std::string_view::npos) {
            internal.host = rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        }
    } else {
        internal.host = rest.substr(0, rest.find(':'));
        rest.remove_prefix(internal.host.size());
    }
    const bool good_host = !internal.host.empty() && std::ranges::all_of(internal.host, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == '_' || c == ':';
    });
    if (rest.starts_with(':')) {
        const auto port = parse_decimal(rest.substr(1));
        internal.port = port && *port <= 65535 ? static_cast<std::uint16_t>(*port) : 0;
        rest = {};
    }
    if (good_host && internal.port != 0 && rest.empty()) return internal;
    table.problem("internal", "must be a host and a port, without path, query or user");
    return std::nullopt;
}

std::optional<Rule> read_rule(ConfigTable& table) {
    table.later({"function"});
    Rule rule;
    rule.path = table.text("path");
    rule.match =
        table.choice("match", {"exact", "subpaths"}) == "exact" ? Match::exact : Match::subpaths;
    rule.methods = table.texts("methods");
    rule.upgrade = table.boolean("upgrade", false);
    rule.batch = table.boolean("batch", false);
    rule.enabled = table.boolean("enabled", true);
    rule.description = table.text("description");
    table.done();
    for (const auto& method : rule.methods)
        if (method.empty() || to_lower(method) == method)
            table.problem("methods",
                          "must be methods in capital letters, e.g. [\"GET\", \"HEAD\"]");
    if (is_plain_path(rule.path)) return rule;
    table.problem("path", "must start with / and have no %, ;, ?, //, . or .. segment");
    return std::nullopt;
}

void warn_of_rule(const Rule& rule, const std::string& where, std::vector<std::string>& warnings) {
    const auto has = [&](std::string_view method) {
        return std::ranges::find(rule.methods, method) != rule.methods.end();
    };
    if (has("POST") && !has("HEAD"))
        warnings.push_back(where + ": rule " + rule.path +
                           " allows POST without HEAD, which clients use to fetch a CSRF token");
}

/// What later versions bring. Values that mean "off" are accepted.
void refuse_later(ConfigTable& table) {
    table.later({"via", "expires", "rfc", "operations", "pin"});
    if (table.boolean("system_certificate", false))
        table.problem("system_certificate", "is not supported yet in this version");
    if (table.boolean("maintenance", false))
        table.problem("maintenance", "is not supported yet in this version");
    if (!table.has("principal")) return;
    auto principal = table.table("principal");
    if (principal.text("kind", "none") != "none")
        principal.problem("kind", "other than \"none\" is not supported yet in this version");
    principal.done();
}

std::optional<Mapping> read_mapping(ConfigTable& table, std::vector<std::string>& warnings) {
    const auto name = VirtualHost::parse(table.text("virtual"));
    if (!name) table.problem("virtual", "must be host:port, e.g. \"erp.virtual:44300\"");
    const auto internal = read_internal(table);
    const auto hub = table.text("hub");
    const auto header = table.choice("host_header", {"virtual", "internal"});
    auto limits = table.table("limits");
    Limits read_limits;
    read_limits.connections =
        static_cast<std::uint32_t>(limits.integer("connections", 100, 1, 100'000));
    read_limits.response_timeout = limits.duration("response_timeout", 60s, 100ms, 24h);
    if (limits.integer("requests_per_second", 0, 0, 1'000'000) != 0)
        limits.problem("requests_per_second", "is not supported yet in this version");
    if (limits.boolean("circuit_breaker", false))
        limits.problem("circuit_breaker", "is not supported yet in this version");
    limits.done();
    refuse_later(table);
    const auto description = table.text("description");
    std::vector<Rule> rules;
    bool whole = true;
    for (auto& entry : table.tables("rule")) {
        if (auto rule = read_rule(entry))
            rules.push_back(std::move(*rule));
        else
            whole = false;
    }
    table.done();
    if (!name || !internal || !whole) return std::nullopt;
    const auto where = "mapping " + name->text();
    if (rules.empty()) warnings.push_back(where + " has no rule, so nothing of it can be reached");
    for (const auto& rule : rules) warn_of_rule(rule, where, warnings);
    return Mapping{
        .virtual_host = *name,
        .internal = *internal,
        .hub = hub,
        .host_header = header == "virtual" ? HostHeader::virtual_host : HostHeader::internal_host,
        .limits = read_limits,
        .description = description,
        .rules = std::move(rules)};
}

}  // namespace

std::vector<Mapping> read_mappings(ConfigTable& document, std::vector<std::string>& warnings) {
    std::vector<Mapping> mappings;
    for (auto& table : document.tables("mapping")) {
        auto mapping = read_mapping(table, warnings);
        if (!mapping) continue;
        const bool is_twin = std::ranges::any_of(mappings, [&](const Mapping& other) {
            return other.virtual_host == mapping->virtual_host;
        });
        if (is_twin)
            table.problem("virtual", "is mapped twice: " + mapping->virtual_host.text());
        else
            mappings.push_back(std::move(*mapping));
    }
    return mappings;
}

}  // namespace sallyport::mappings
