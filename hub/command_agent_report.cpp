#include "hub/command_agent_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>

namespace sallyport::hub {
namespace {

std::string state_of(const Agent& agent) {
    if (agent.revoked_at) return "revoked";
    return agent.generation == 0 ? "not enrolled" : "enrolled";
}

/// "(default),BRANCH (shared)"
std::string locations_text(const Agent& agent) {
    std::string text;
    for (const auto& location : agent.locations) {
        if (!text.empty()) text += ',';
        text += location.name.empty() ? "(default)" : location.name;
        if (location.sharing == Sharing::shared) text += " (shared)";
    }
    return text;
}

boost::json::value json_of(const std::optional<TimePoint>& time) {
    return time ? boost::json::value(to_text(*time)) : boost::json::value(nullptr);
}

boost::json::object json_of(const Agent& agent, const std::string& tenant_name) {
    boost::json::array locations;
    for (const auto& location : agent.locations)
        locations.push_back(boost::json::object{{"name", location.name},
                                                {"shared", location.sharing == Sharing::shared}});
    return {{"agent", agent.key.name},
            {"tenant", tenant_name},
            {"state", state_of(agent)},
            {"locations", std::move(locations)},
            {"generation", agent.generation},
            {"created", to_text(agent.created_at)},
            {"revoked", json_of(agent.revoked_at)}};
}

}  // namespace

std::vector<std::string> location_names(const Agent& agent) {
    std::vector<std::string> names;
    for (const auto& location : agent.locations) names.push_back(location.name);
    return names;
}

CommandOutput describe(const Agent& agent, const std::string& tenant_name,
                       std::span<const CertificateEntry> certificates) {
    auto json = json_of(agent, tenant_name);
    boost::json::array all;
    std::vector<std::vector<std::string>> rows{
        {"CERTIFICATE", "GENERATION", "ISSUED", "VALID UNTIL", "REVOKED"}};
    for (const auto& entry : certificates) {
        all.push_back(boost::json::object{{"serial", entry.serial},
                                          {"generation", entry.generation},
                                          {"issued", to_text(entry.issued_at)},
                                          {"not_after", to_text(entry.not_after)},
                                          {"revoked", json_of(entry.revoked_at)}});
        rows.push_back({entry.serial, std::to_string(entry.generation), to_text(entry.issued_at),
                        to_text(entry.not_after),
                        entry.revoked_at ? to_text(*entry.revoked_at) : "-"});
    }
    json["certificates"] = std::move(all);
    auto text = table({{"agent", agent.key.name},
                       {"tenant", tenant_name},
                       {"state", state_of(agent)},
                       {"locations", locations_text(agent)},
                       {"created", to_text(agent.created_at)}});
    if (!certificates.empty()) text += '\n' + table(rows);
    return {.json = std::move(json), .text = std::move(text)};
}

CommandOutput list_agents(const StoreContent& content, std::string_view tenant_name) {
    std::map<std::string, std::string> names;
    for (const auto& tenant : content.tenants) names[tenant.id] = tenant.name;
    boost::json::array all;
    std::vector<std::vector<std::string>> rows{{"AGENT", "TENANT", "STATE", "LOCATIONS"}};
    for (const auto& agent : content.agents) {
        const auto& tenant = names[agent.key.tenant_id];
        if (!tenant_name.empty() && tenant != tenant_name) continue;
        all.push_back(json_of(agent, tenant));
        rows.push_back({agent.key.name, tenant, state_of(agent), locations_text(agent)});
    }
    return {.json = std::move(all), .text = table(rows)};
}

}  // namespace sallyport::hub
