#include "hub/command_agent_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace sallyport::hub {
namespace {

std::string state_of(const Agent& agent) {
    if (agent.alarm) return "CLONE ALARM";
    if (agent.revoked_at) return "revoked";
    return agent.generation == 0 ? "not enrolled" : "enrolled";
}

std::string state_of(const CertificateEntry& entry, const Agent& agent) {
    if (entry.revoked_at) return "revoked " + to_text(*entry.revoked_at);
    if (entry.generation < agent.confirmed) return "replaced";
    return entry.generation == agent.confirmed ? "in use" : "not used yet";
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

boost::json::value json_of(const std::optional<CloneAlarm>& alarm) {
    if (!alarm) return nullptr;
    return boost::json::object{{"raised", to_text(alarm->raised_at)},
                               {"count", alarm->count},
                               {"reason", alarm->reason},
                               {"peer", alarm->peer}};
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
            {"confirmed", agent.confirmed},
            {"enrolments", agent.enrolment},
            {"epoch", agent.epoch},
            {"alarm", json_of(agent.alarm)},
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
        {"CERTIFICATE", "GENERATION", "ISSUED", "VALID UNTIL", "STATE"}};
    for (const auto& entry : certificates) {
        all.push_back(boost::json::object{{"serial", entry.serial},
                                          {"generation", entry.generation},
                                          {"issued", to_text(entry.issued_at)},
                                          {"not_after", to_text(entry.not_after)},
                                          {"revoked", json_of(entry.revoked_at)}});
        rows.push_back({entry.serial, std::to_string(entry.generation), to_text(entry.issued_at),
                        to_text(entry.not_after), state_of(entry, agent)});
    }
    json["certificates"] = std::move(all);
    auto text = table({{"agent", agent.key.name},
                       {"tenant", tenant_name},
                       {"state", state_of(agent)},
                       {"locations", locations_text(agent)},
                       {"created", to_text(agent.created_at)}});
    if (agent.alarm)
        text += "\nCLONE ALARM, " + std::to_string(agent.alarm->count) + " times, last at " +
                to_text(agent.alarm->raised_at) + " from " + agent.alarm->peer + ":\n  " +
                agent.alarm->reason +
                ".\nThe copy was refused. Find it; then run sallyport-hub agent acknowledge " +
                agent.key.name + " --tenant " + tenant_name +
                ", or, if you do not know which of the two is the right one, agent revoke.\n";
    if (!certificates.empty()) text += '\n' + table(rows);
    return {.json = std::move(json), .text = std::move(text)};
}

CommandOutput list_agents(const StoreContent& content, std::string_view tenant_name) {
    auto names = tenant_names(content);
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

void add_restoration(CommandOutput& output, const std::optional<Restoration>& restored) {
    auto& json = output.json.as_object();
    json["restored"] = nullptr;
    if (!restored) return;
    json["restored"] = {{"at", to_text(restored->at)}, {"what", restored->text}};
    output.text +=
        "\nRestored from a backup at " + to_text(restored->at) + ": " + restored->text + ".\n";
}

}  // namespace sallyport::hub
