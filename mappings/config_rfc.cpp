#include "mappings/config_rfc.hpp"

#include "mappings/config_rule.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

constexpr std::uint16_t snc_port_first = 4800;
constexpr std::uint16_t snc_port_last = 4899;

std::optional<rfc::FunctionRule> read_function_rule(ConfigTable& table) {
    const bool has_path = !table.text("path").empty();
    if (has_path)
        table.problem("path",
                      "belongs to mappings that answer HTTP requests; a rule of rfc:// "
                      "says function");
    rfc::FunctionRule rule;
    rule.function = table.text("function");
    rule.match = table.choice("match", {"exact", "prefix"}) == "exact" ? rfc::Match::exact
                                                                       : rfc::Match::prefix;
    rule.enabled = table.boolean("enabled", true);
    rule.expires = read_expires(table);
    rule.scenario = read_scenario(table);
    static_cast<void>(table.text("description"));
    table.done();
    if (rfc::is_function_name(rule.function)) return rule;
    if (has_path) return std::nullopt;
    table.problem("function",
                  "must be the name of a function module, or its beginning: up to 30 characters, "
                  "upper case, e.g. \"BAPI_CUSTOMER_\"");
    return std::nullopt;
}

std::vector<rfc::BlockedUser> read_blocked(ConfigTable& table) {
    std::vector<rfc::BlockedUser> blocked;
    for (auto& entry : table.tables("blocked_users")) {
        blocked.push_back({.client = entry.text("client"), .user = entry.text("user")});
        entry.done();
    }
    return blocked;
}

/// NN, from [mapping.rfc] or from the port.
std::optional<unsigned> read_instance(ConfigTable& mapping, ConfigTable& table,
                                      const InternalHost& internal) {
    const auto port = internal.ports.first;
    if (port >= snc_port_first && port <= snc_port_last) {
        mapping.problem("internal", snc_not_offered);
        return std::nullopt;
    }
    const auto said = table.integer("instance", 0, 0, rfc::SystemName::instance_max);
    if (table.has("instance")) return static_cast<unsigned>(said);
    const auto number = rfc::instance_of_gateway_port(port);
    if (!number)
        mapping.problem("internal",
                        "has a port other than 33NN: say the instance number of the system, e.g. "
                        "rfc.instance = 0");
    return number;
}

}  // namespace

std::optional<RfcMapping> read_rfc(ConfigTable& table, const std::optional<VirtualHost>& name,
                                   const std::optional<InternalHost>& internal) {
    if (!internal || internal->protocol != Protocol::rfc) {
        if (internal && table.has("rfc")) table.problem("rfc", "belongs to mappings of rfc://");
        static_cast<void>(table.table("rfc"));
        return std::nullopt;
    }
    RfcMapping mapping;
    bool whole = true;
    for (auto& entry : table.tables("rule")) {
        auto rule = read_function_rule(entry);
        whole = whole && rule.has_value();
        if (rule) mapping.policy.rules.push_back(std::move(*rule));
    }
    auto rfc_table = table.table("rfc");
    mapping.policy.clients = rfc_table.texts("clients");
    mapping.policy.blocked_users = read_blocked(rfc_table);
    mapping.policy.infrastructure = rfc_table.boolean("infrastructure", true);
    mapping.policy.unknown_items = rfc_table.choice("unknown_items", {"pass", "refuse"}) == "pass"
                                       ? rfc::UnknownItems::pass
                                       : rfc::UnknownItems::refuse;
    mapping.identity = rfc_table.choice("identity", {"rewrite", "check"}) == "rewrite"
                           ? rfc::Identity::Mode::rewrite
                           : rfc::Identity::Mode::check;
    mapping.after_refusal = rfc_table.choice("after_refusal", {"stay", "close"}) == "stay"
                                ? rfc::AfterRefusal::conversation_stays
                                : rfc::AfterRefusal::conversation_ends;
    if (rfc_table.has("clients") && mapping.policy.clients.empty())
        rfc_table.problem("clients", "must name a client; leave it out to allow all");
    const auto instance = read_instance(table, rfc_table, *internal);
    mapping.instance = instance.value_or(0);
    rfc_table.done();
    if (whole)
        if (auto good = rfc::check(mapping.policy); !good)
            rfc_table.problem("", good.error().detail);
    if (internal->ports.count > 1)
        table.problem("internal", "of rfc:// has one port: a gateway is one instance");
    if (const auto named =
            name ? identity_of(mapping, *name, internal->host) : Result<rfc::Identity>(Error{});
        name && !named)
        table.problem("internal", named.error().detail);
    if (!whole || !instance) return std::nullopt;
    return mapping;
}

void warn_of_rfc(const RfcMapping& mapping, const std::string& where,
                 std::vector<std::string>& warnings) {
    const auto& policy = mapping.policy;
    if (std::ranges::none_of(policy.rules, &rfc::FunctionRule::enabled))
        warnings.push_back(where + " has no enabled rule, so that no function can be called" +
                           (policy.infrastructure ? " beside those that clients need" : ""));
    for (const auto& rule : policy.rules)
        if (rule.enabled && rule.match == rfc::Match::exact && rfc::is_tunnel(rule.function))
            warnings.push_back(where + ": rule " + rule.function +
                               " allows a function that executes whatever its caller names");
}

}  // namespace sallyport::mappings
