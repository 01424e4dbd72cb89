#include "agent/explain_rfc.hpp"

#include "mappings/moment.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

std::string_view text_of(rfc::Match match) {
    return match == rfc::Match::exact ? "exact" : "prefix";
}

void refuse(const std::string& why, rfc::Refusal refusal, CommandOutput& output,
            json::object& facts) {
    facts["allowed"] = false;
    facts["reason"] = rfc::to_text(refusal);
    output.text += "refused: " + why + "\n";
    output.exit_code = 1;
}

std::string why_denied(rfc::Refusal refusal) {
    if (refusal == rfc::Refusal::tunnel_denied)
        return "the function executes what its caller names, so a rule must name it exactly";
    if (refusal == rfc::Refusal::rule_expired)
        return "the rule that would allow the function has expired";
    return "no enabled rule names the function";
}

/// False if the user would not come as far as to call anything.
bool explain_logon(const rfc::Policy& policy, const RfcQuestion& question, CommandOutput& output,
                   json::object& facts) {
    if (question.client.empty() && question.user.empty()) {
        if (!policy.clients.empty() || !policy.blocked_users.empty())
            output.text += "the mapping also judges who logs on: ask with --client and --user\n";
        return true;
    }
    rfc::Logon logon;
    if (!question.client.empty()) logon.client = question.client;
    if (!question.user.empty()) logon.user = question.user;
    const auto refusal = rfc::decide_logon(policy, logon);
    if (refusal == rfc::Refusal::none) return true;
    refuse(refusal == rfc::Refusal::client_denied
               ? "the mapping does not let this client, or one that is not said, be logged on to"
               : "the user is blocked, or not said",
           refusal, output, facts);
    return false;
}

void explain_call(const mappings::RfcMapping& mapping, const RfcQuestion& question,
                  CommandOutput& output, json::object& facts) {
    facts["function"] = question.function;
    if (!rfc::is_function_name(question.function))
        return refuse(
            "this is not how names of function modules are written: up to 30 "
            "characters, upper case",
            rfc::Refusal::not_canonical, output, facts);
    const auto decision =
        rfc::decide_function(mapping.policy, question.function, std::chrono::system_clock::now());
    if (decision.refusal != rfc::Refusal::none)
        return refuse(why_denied(decision.refusal), decision.refusal, output, facts);
    if (!explain_logon(mapping.policy, question, output, facts)) return;
    if (decision.by == rfc::FunctionDecision::By::infrastructure) {
        facts["rule"] = "infrastructure";
        output.text += "allowed: client libraries need this function (rfc.infrastructure)\n";
        return;
    }
    const auto& rule = mapping.policy.rules.at(decision.rule);
    facts["rule"] = decision.rule + 1;
    output.text += "allowed by rule " + std::to_string(decision.rule + 1) + ": " + rule.function +
                   " (" + std::string(text_of(rule.match)) + ")\n";
}

}  // namespace

void explain_rfc(const mappings::Mapping& mapping, const RfcQuestion& question,
                 CommandOutput& output, json::object& facts) {
    if (!mapping.rfc && question.function.empty()) {
        output.text += "allowed: a stream is allowed by its mapping\n";
    } else if (!mapping.rfc) {
        facts["allowed"] = false;
        facts["reason"] = "not_rfc";
        output.text += "refused: this mapping is none of rfc://\n";
        output.exit_code = 1;
    } else if (question.function.empty()) {
        output.text += "allowed, but each function is judged: ask with RFC and --function\n";
    } else {
        explain_call(*mapping.rfc, question, output, facts);
    }
}

json::array rules_json(const mappings::RfcMapping& mapping) {
    json::array rules;
    for (const auto& rule : mapping.policy.rules) {
        json::object out{
            {"function", rule.function}, {"match", text_of(rule.match)}, {"enabled", rule.enabled}};
        if (rule.expires) out["expires"] = mappings::to_text(*rule.expires);
        if (!rule.scenario.empty()) out["scenario"] = rule.scenario;
        rules.push_back(std::move(out));
    }
    return rules;
}

std::string rules_text(const mappings::RfcMapping& mapping) {
    std::string text;
    for (const auto& rule : mapping.policy.rules)
        text += "    " + std::string(rule.enabled ? "" : "(disabled) ") + rule.function +
                (rule.match == rfc::Match::exact ? "" : "*") +
                (rule.expires ? ", until " + mappings::to_text(*rule.expires) : "") +
                (rule.scenario.empty() ? "" : "  [" + rule.scenario + "]") + "\n";
    if (mapping.policy.infrastructure) text += "    functions that client libraries need\n";
    return text;
}

}  // namespace sallyport::agent
