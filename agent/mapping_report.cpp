#include "agent/mapping_report.hpp"

#include "agent/explain_rfc.hpp"
#include "mappings/exposure.hpp"

#include <boost/json/array.hpp>

namespace sallyport::agent {

namespace json = boost::json;

namespace {

using mappings::Closing;

std::string_view state_of(Closing closing) {
    switch (closing) {
        case Closing::disabled:
            return "disabled";
        case Closing::expired:
            return "expired";
        case Closing::maintenance:
            return "maintenance";
        case Closing::none:
            break;
    }
    return "open";
}

json::object rule_json(const mappings::Rule& rule) {
    json::array methods;
    for (const auto& method : rule.methods) methods.emplace_back(method);
    json::object out{{"path", rule.path},
                     {"match", rule.match == mappings::Match::exact ? "exact" : "subpaths"},
                     {"methods", std::move(methods)},
                     {"upgrade", rule.upgrade},
                     {"batch", rule.batch},
                     {"enabled", rule.enabled}};
    if (rule.expires) out["expires"] = mappings::to_text(*rule.expires);
    if (!rule.scenario.empty()) out["scenario"] = rule.scenario;
    return out;
}

std::string describe_expiry(const std::optional<mappings::Moment>& expires, mappings::Moment now) {
    if (!expires) return {};
    return (*expires <= now ? ", expired at " : ", expires at ") + mappings::to_text(*expires) +
           " (" + mappings::describe_distance(*expires, now) + ")";
}

std::string describe_rule(const mappings::Rule& rule, mappings::Moment now) {
    std::string methods;
    for (const auto& method : rule.methods)
        methods.append(methods.empty() ? "" : ",").append(method);
    return "    " + std::string(rule.enabled ? "" : "(disabled) ") + rule.path +
           (rule.match == mappings::Match::exact ? "" : " and below") + "  " +
           (methods.empty() ? "all methods" : methods) + (rule.upgrade ? ", WebSocket" : "") +
           (rule.batch ? ", $batch" : "") + describe_expiry(rule.expires, now) +
           (rule.scenario.empty() ? "" : "  [" + rule.scenario + "]") + "\n";
}

}  // namespace

json::object mapping_json(const mappings::Mapping& mapping, mappings::Moment now) {
    json::array rules;
    for (const auto& rule : mapping.rules) rules.push_back(rule_json(rule));
    json::object out{{"virtual", mapping.virtual_text()},
                     {"internal", mapping.internal.text()},
                     {"hub", mapping.hub},
                     {"description", mapping.description},
                     {"enabled", mapping.enabled},
                     {"maintenance", mapping.maintenance},
                     {"state", state_of(mappings::closing_of(mapping, now))},
                     {"rules", mapping.rfc ? rules_json(*mapping.rfc) : std::move(rules)}};
    if (mapping.expires) out["expires"] = mappings::to_text(*mapping.expires);
    if (!mapping.others.empty()) {
        json::array hosts;
        for (std::size_t i = 0; i < mapping.host_count(); ++i)
            hosts.emplace_back(mapping.host(i).text());
        out["internal"] = std::move(hosts);
    }
    if (mapping.via) out["via"] = mapping.via->text();
    if (!mapping.operations.empty())
        out["operations"] = json::array(mapping.operations.begin(), mapping.operations.end());
    return out;
}

std::string describe_override(const json::object& override) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (const auto* enabled = override.if_contains("enabled"))
        add(enabled->as_bool() ? "enabled" : "DISABLED");
    if (const auto* maintenance = override.if_contains("maintenance"))
        add(maintenance->as_bool() ? "IN MAINTENANCE" : "not in maintenance");
    if (const auto* expires = override.if_contains("expires"))
        add(expires->as_string() == "never" ? "does not expire"
                                            : "expires at " + std::string(expires->as_string()));
    return "override of " + std::string(override.at("virtual").as_string()) + ": " + text +
           ", by " + std::string(override.at("who").as_string()) + " at " +
           std::string(override.at("since").as_string()) + "\n";
}

std::string describe_mapping(const mappings::Mapping& mapping, mappings::Moment now) {
    std::string text = mapping.virtual_text() + " -> " + mapping.internal_text() +
                       (mapping.via ? " via " + mapping.via->text() : "") +
                       (mapping.description.empty() ? "" : "  (" + mapping.description + ")") +
                       (mapping.enabled ? "" : ", DISABLED") +
                       (mapping.maintenance ? ", IN MAINTENANCE" : "") +
                       describe_expiry(mapping.expires, now) + "\n";
    std::string operations;
    for (const auto& operation : mapping.operations)
        operations.append(operations.empty() ? "    " : ", ").append(operation);
    if (!operations.empty()) text += operations + "\n";
    if (mapping.rfc) text += rules_text(*mapping.rfc);
    for (const auto& rule : mapping.rules) text += describe_rule(rule, now);
    return text;
}

}  // namespace sallyport::agent
