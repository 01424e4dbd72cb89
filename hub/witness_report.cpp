#include "hub/witness_report.hpp"

namespace sallyport::hub {
namespace {

namespace json = boost::json;

std::string name_of(const std::map<std::string, std::string>& names, const std::string& id) {
    const auto found = names.find(id);
    return found == names.end() ? id : found->second;
}

json::object to_json(const LogAlarm& alarm) {
    return {{"code", alarm.code},
            {"reason", alarm.text},
            {"raised", to_text(alarm.raised_at)},
            {"count", alarm.count}};
}

json::array alarms_of(const AgentLogs& known, std::string_view log) {
    json::array all;
    for (const auto& alarm : known.alarms)
        if (alarm.log == log) all.push_back(to_json(alarm));
    return all;
}

std::string alarm_text(const AgentLogs& known, std::string_view log) {
    std::string text;
    for (const auto& alarm : known.alarms)
        if (alarm.log == log) text += (text.empty() ? "ALARM " : ", ") + alarm.code;
    return text.empty() ? "none" : text;
}

}  // namespace

json::object to_json(const KnownLog& log, const AgentLogs& known) {
    json::array keys;
    for (const auto& key : log.keys) keys.emplace_back(key);
    return {{"log", log.origin},
            {"keys", std::move(keys)},
            {"size", log.size},
            {"begun", to_text(log.begun_at)},
            {"countersigned", to_text(log.at)},
            {"alarms", alarms_of(known, log.origin)}};
}

void tell_logs(CommandOutput& output, const AgentLogs& known, const std::string& tenant) {
    json::array all;
    std::vector<std::vector<std::string>> rows{{"AUDIT LOG", "SIZE", "COUNTERSIGNED", "ALARM"}};
    for (const auto& log : known.logs) {
        all.push_back(to_json(log, known));
        rows.push_back(
            {log.origin, std::to_string(log.size), to_text(log.at), alarm_text(known, log.origin)});
    }
    output.json.as_object()["audit_logs"] = std::move(all);
    output.json.as_object()["audit_alarms"] = alarms_of(known, {});
    if (!known.logs.empty()) output.text += '\n' + table(rows);
    for (const auto& alarm : known.alarms)
        output.text += "\nAUDIT ALARM " + alarm.code + ", last at " + to_text(alarm.raised_at) +
                       ":\n  " + alarm.text + "\n";
    if (!known.alarms.empty())
        output.text += "Find out why; then run sallyport-hub witness accept " + known.agent.name +
                       " --tenant " + tenant + "\n";
}

CommandOutput list_logs(std::span<const AgentLogs> agents,
                        const std::map<std::string, std::string>& tenant_names) {
    json::array all;
    std::vector<std::vector<std::string>> rows{
        {"AGENT", "TENANT", "LOG", "SIZE", "COUNTERSIGNED", "ALARM"}};
    const auto add = [&](const AgentLogs& known, json::object facts, std::vector<std::string> row) {
        const auto tenant = name_of(tenant_names, known.agent.tenant_id);
        facts["agent"] = known.agent.name;
        facts["tenant"] = tenant;
        all.push_back(std::move(facts));
        row.insert(row.begin(), {known.agent.name, tenant});
        rows.push_back(std::move(row));
    };
    for (const auto& known : agents) {
        for (const auto& log : known.logs) {
            auto facts = to_json(log, known);
            facts["newest"] = &log == &known.logs.back();
            add(known, std::move(facts),
                {log.origin, std::to_string(log.size), to_text(log.at),
                 alarm_text(known, log.origin)});
        }
        if (known.is_quiet({})) continue;
        add(known, {{"log", nullptr}, {"alarms", alarms_of(known, {})}},
            {"-", "-", "-", alarm_text(known, {})});
    }
    return {.json = std::move(all), .text = table(rows)};
}

json::array alarms_json(std::span<const AgentLogs> agents,
                        const std::map<std::string, std::string>& tenant_names) {
    json::array all;
    for (const auto& known : agents)
        for (const auto& alarm : known.alarms) {
            auto facts = to_json(alarm);
            facts.erase("count");
            facts["agent"] = known.agent.name;
            facts["tenant"] = name_of(tenant_names, known.agent.tenant_id);
            facts["log"] = alarm.log;
            all.push_back(std::move(facts));
        }
    return all;
}

}  // namespace sallyport::hub
