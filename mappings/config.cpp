#include "mappings/config.hpp"

#include "mappings/config_ldap.hpp"
#include "mappings/config_limits.hpp"
#include "mappings/config_pins.hpp"
#include "mappings/config_principal.hpp"
#include "mappings/config_rfc.hpp"
#include "mappings/config_rule.hpp"
#include "mappings/config_sftp.hpp"
#include "mappings/config_ssh.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::mappings {
namespace {

/// Where the cloud finds it: "host:port", or as many ports in a row as the internal host has.
/// Of names that hub and agent use between themselves (docs/PROTOCOL.md#ready).
constexpr std::string_view reserved_suffix = ".sallyport.invalid";

std::optional<VirtualHost> read_virtual(ConfigTable& table,
                                        const std::optional<InternalHost>& internal) {
    const auto text = table.text("virtual");
    const auto colon = text.rfind(':');
    const auto ports = colon == std::string::npos
                           ? std::nullopt
                           : parse_port_range(std::string_view(text).substr(colon + 1));
    const auto name =
        ports && ports->count > 1
            ? VirtualHost::parse(text.substr(0, colon + 1) + std::to_string(ports->first))
            : VirtualHost::parse(text);
    if (!name) {
        table.problem("virtual", "must be host:port, e.g. \"erp.virtual:44300\"");
        return std::nullopt;
    }
    if (name->host().ends_with(reserved_suffix)) {
        table.problem("virtual", "must not end in .sallyport.invalid: such names are reserved");
        return std::nullopt;
    }
    const auto count = ports ? ports->count : 1;
    if (!internal || count == internal->ports.count) return *name;
    table.problem("virtual", "has " + std::to_string(count) + " ports, but internal has " +
                                 std::to_string(internal->ports.count));
    return std::nullopt;
}

/// One, or a list: the first, and those that answer while it cannot. Empty if any cannot be used.
std::vector<InternalHost> read_hosts(ConfigTable& table) {
    const bool is_list = table.is_list("internal");
    const auto urls = is_list ? table.texts("internal") : std::vector{table.text("internal")};
    std::vector<InternalHost> hosts;
    for (const auto& url : urls) {
        auto host = parse_internal_host(url);
        if (url.starts_with("rfcs://"))
            table.problem("internal", snc_not_offered);
        else if (!host)
            table.problem("internal", (urls.size() > 1 ? "\"" + url + "\" " : std::string()) +
                                          host.error().detail);
        if (!host) return {};
        hosts.push_back(std::move(*host));
    }
    if (is_list && hosts.empty()) table.problem("internal", "must name at least one host");
    if (hosts.size() <= internal_hosts_max) return hosts;
    table.problem("internal", "names more than " + std::to_string(internal_hosts_max) + " hosts");
    return {};
}

/// Keys that say nothing on a mapping of the other kind would look as if they did.
void refuse_foreign(ConfigTable& table, const ConfigTable& limits, const InternalHost& internal) {
    refuse_foreign_limits(limits, internal);
    const auto& facts = facts_of(internal.protocol);
    const auto scheme = std::string(facts.name) + "://";
    if (!facts.stream) return;
    if (table.has("host_header")) table.problem("host_header", "belongs to http:// and https://");
    const bool of_rfc = internal.protocol == Protocol::rfc;
    if (table.has("principal"))
        table.problem("principal",
                      of_rfc ? "does not go with rfc://: over plain RFC a user logs on with his "
                               "password or a ticket of the system, and nothing else. Take "
                               "RFC over WebSocket, or OData, to a mapping of https://"
                             : "belongs to http:// and https://: nothing in a stream of " + scheme +
                                   " can carry the user");
    if (table.has("rule") && !of_rfc)
        table.problem("rule",
                      facts.directory
                          ? "belongs to http:// and https://; for " + scheme + " say operations"
                          : "belongs to http:// and https://: a stream is not looked into, its "
                            "mapping alone exposes it");
}

/// Nothing if one cannot be used.
std::optional<std::vector<Rule>> read_rules(ConfigTable& table,
                                            const std::optional<InternalHost>& internal) {
    std::vector<Rule> rules;
    if (internal && internal->protocol == Protocol::rfc) return rules;  // read_rfc() has them
    const bool of_files = internal && facts_of(internal->protocol).files;
    bool whole = true;
    for (auto& entry : table.tables("rule")) {
        auto rule = read_rule(entry);
        check_file_rule(entry, rule, of_files);
        if (rule)
            rules.push_back(std::move(*rule));
        else
            whole = false;
    }
    if (!whole) return std::nullopt;
    return rules;
}

void warn_of_rules(const Mapping& mapping, std::vector<std::string>& warnings) {
    const auto where = "mapping " + mapping.virtual_text();
    if (!mapping.is_stream() && std::ranges::none_of(mapping.rules, &Rule::enabled))
        warnings.push_back(where + " has no enabled rule, so nothing of it can be reached");
    for (const auto& rule : mapping.rules) warn_of_rule(rule, where, warnings);
    if (mapping.rfc) warn_of_rfc(*mapping.rfc, where, warnings);
}

std::optional<Mapping> read_mapping(ConfigTable& table, MappingDocuments& documents) {
    auto hosts = read_hosts(table);
    const auto internal = hosts.empty() ? std::nullopt : std::optional(hosts.front());
    auto pins = read_pins(table, hosts);
    if (!hosts.empty()) hosts.erase(hosts.begin());
    const auto name = read_virtual(table, internal);
    const auto hub = table.text("hub");
    if (!hub.empty() && std::ranges::find(documents.hubs, hub) == documents.hubs.end())
        table.problem("hub", "names \"" + hub + "\", which is no configured [[hub]]");
    const auto header = table.choice("host_header", {"virtual", "internal"});
    auto limits_table = table.table("limits");
    const auto limits = read_limits(limits_table);
    auto health = read_health(table);
    const auto principal = read_principal(table.table("principal"), documents.knows_kerberos);
    const bool system_certificate = table.boolean("system_certificate", false);
    auto operations = read_operations(table, internal, documents.warnings);
    auto via = read_via(table);
    const bool enabled = table.boolean("enabled", true);
    const bool maintenance = table.boolean("maintenance", false);
    const auto expires = read_expires(table);
    const auto description = table.text("description");
    auto rfc = read_rfc(table, name, internal);
    auto rules = read_rules(table, internal);
    if (internal) refuse_foreign(table, limits_table, *internal);
    if (internal && facts_of(internal->protocol).files) refuse_foreign_to_files(table);
    table.done();
    if (!name || !internal || !rules) return std::nullopt;
    if (internal->protocol == Protocol::rfc && !rfc) return std::nullopt;
    Mapping mapping{
        .virtual_host = *name,
        .internal = *internal,
        .others = std::move(hosts),
        .via = std::move(via),
        .hub = hub,
        .host_header = header == "virtual" ? HostHeader::virtual_host : HostHeader::internal_host,
        .limits = limits,
        .health = std::move(health),
        .principal = principal,
        .system_certificate = system_certificate,
        .pins = std::move(pins.all),
        .host_pins = std::move(pins.by_host),
        .description = description,
        .rules = std::move(*rules),
        .operations = std::move(operations),
        .rfc = std::move(rfc),
        .enabled = enabled,
        .maintenance = maintenance,
        .expires = expires};
    if (mapping.is_files()) complete_files(limits_table, mapping);
    warn_of_rules(mapping, documents.warnings);
    check_hosts(table, mapping);
    complete_principal(table, mapping);
    return mapping;
}

bool overlap(const Mapping& a, const Mapping& b) {
    const int first_a = a.virtual_host.port();
    const int first_b = b.virtual_host.port();
    return a.virtual_host.host() == b.virtual_host.host() &&
           first_a < first_b + b.internal.ports.count && first_b < first_a + a.internal.ports.count;
}

}  // namespace

void read_mappings(ConfigTable& document, MappingDocuments& documents) {
    for (auto& table : document.tables("mapping")) {
        auto mapping = read_mapping(table, documents);
        if (!mapping) continue;
        const bool is_twin = std::ranges::any_of(
            documents.mappings, [&](const Mapping& other) { return overlap(other, *mapping); });
        if (is_twin)
            table.problem("virtual", "is mapped twice: " + mapping->virtual_text());
        else
            documents.mappings.push_back(std::move(*mapping));
    }
}

}  // namespace sallyport::mappings
