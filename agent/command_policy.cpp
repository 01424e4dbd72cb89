#include "agent/claims_file.hpp"
#include "agent/command_context.hpp"
#include "agent/command_mappings.hpp"
#include "agent/command_overrides.hpp"
#include "agent/command_reachability.hpp"
#include "agent/deliveries.hpp"
#include "agent/effective_site.hpp"
#include "agent/explain_ldap.hpp"
#include "agent/explain_rfc.hpp"
#include "agent/mapping_report.hpp"
#include "agent/site.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "daemon/admin_https.hpp"
#include "daemon/counted.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

Result<CommandOutput> check(const CommandContext& context) {
    const auto site = Site::load(context.config);
    if (!site) return site.error();
    const auto& config = (*site)->config;
    if (auto admin = daemon::AdminHttps::check(config.admin); !admin) return admin.error();
    CommandOutput output;
    json::array warnings;
    for (const auto& warning : all_warnings(**site)) {
        output.text += "warning: " + warning + "\n";
        warnings.emplace_back(warning);
    }
    output.text += context.config.string() +
                   (warnings.empty()
                        ? std::string(" is valid: ")
                        : " is valid, with " + daemon::counted(warnings.size(), "warning") + ": ") +
                   daemon::counted(config.mappings.size(), "mapping") + ", " +
                   daemon::counted(config.hubs.size(), "hub") + "\n";
    output.json = json::object{{"valid", true},
                               {"mappings", config.mappings.size()},
                               {"configuration", config.digest},
                               {"warnings", std::move(warnings)}};
    if (config.kerberos) {  // its keytab has been read with the rest
        const auto& account = config.kerberos->account;
        output.text +=
            "keytab " + account.keytab.string() + " has a key of " + account.principal + "\n";
        output.json.get_object()["kerberos"] = {{"keytab", account.keytab.string()},
                                                {"principal", account.principal}};
    }
    return output;
}

/// "http://host[:port]/path" in its two parts.
Result<std::pair<std::string, std::string>> split_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!equal_ignoring_case(url.substr(0, scheme.size()), scheme))
        return Error{Errc::malformed, "the URL must begin with http://, as applications write it"};
    const auto rest = url.substr(scheme.size());
    const auto slash = rest.find('/');
    return std::pair(std::string(rest.substr(0, slash)),
                     slash == std::string_view::npos ? "/" : std::string(rest.substr(slash)));
}

/// What a stream is opened to has no path.
Result<std::pair<std::string, std::string>> as_authority(const std::string& text) {
    return std::pair(text, std::string());
}

/// What is asked of `explain`.
struct Question {
    std::string method;
    std::string url;
    std::string claims;     // a file; empty: nothing is asked about users
    std::string operation;  // of LDAP
    bool upgrade = false;
    RfcQuestion rfc;
};

void refuse(std::string_view why, CommandOutput& output, json::object& facts) {
    facts["allowed"] = false;
    facts["reason"] = why;
    output.text += "refused: " + std::string(why) + "\n";
    output.exit_code = 1;
}

/// Adds as whom the back end would see a user with those claims.
void explain_principal(const Site& site, const mappings::Mapping& mapping,
                       const certs::Principal& principal, CommandOutput& output,
                       json::object& facts) {
    facts["principal"] = principal.name;
    facts["user_type"] = certs::to_text(principal.type);
    output.text += "on behalf of " + principal.name + " (" +
                   std::string(certs::to_text(principal.type)) + ")\n";
    const auto seen = appearance_of(site, mapping, &principal);
    if (!seen) {
        return refuse(seen.error().detail, output, facts);
    }
    const auto delivery = delivery_text(site, mapping, &principal);
    facts["appears_as"] = seen->text;
    facts["delivery"] = delivery;
    if (!seen->kerberos_name.empty()) {
        facts["user_rule"] = seen->rule;
        facts["kerberos_name"] = seen->kerberos_name;
        facts["service"] = service_principal(site, mapping);
        output.text +=
            "user rule " + (seen->rule == 0 ? "by default" : std::to_string(seen->rule)) + "\n";
    }
    if (!seen->subject.empty()) {
        facts["subject_rule"] = seen->rule;
        facts["subject"] = seen->subject.text();
        output.text +=
            "subject rule " + (seen->rule == 0 ? "by default" : std::to_string(seen->rule)) + "\n";
    }
    output.text += "the back end sees " + (seen->text.empty() ? "nobody" : seen->text) + ": " +
                   delivery + "\n";
}

/// What becomes of the request with a token of those claims, or without one.
void explain_user(const Site& site, const mappings::Mapping& mapping,
                  const std::optional<SampleClaims>& claims, CommandOutput& output,
                  json::object& facts) {
    if (!mapping.principal.looks_at_tokens()) {
        if (claims) output.text += "this mapping tells the back end nothing about users\n";
        return;
    }
    if (claims) {
        const auto good = check_sample(claims->claims, site.config.identity_providers,
                                       std::chrono::system_clock::now());
        if (!good) return refuse(good.error().detail, output, facts);
        return explain_principal(site, mapping, *claims->principal, output, facts);
    }
    facts["user_required"] = mapping.principal.required;
    output.text += mapping.principal.required
                       ? "but only with the token of a user (principal.required); "
                       : "without a user's token on behalf of nobody; ";
    output.text += "--claims FILE tells about users\n";
}

Result<CommandOutput> explain(const CommandContext& context, const Question& question) {
    const auto site = effective_site(context);
    if (!site) return site.error();
    const bool is_ldap = question.method == "LDAP";
    const bool is_rfc = question.method == "RFC";
    if (is_ldap == question.operation.empty())
        return Error{Errc::malformed, "LDAP and --operation, e.g. search, belong together"};
    if (is_rfc == question.rfc.function.empty())
        return Error{Errc::malformed,
                     "RFC and --function, e.g. BAPI_USER_GET_DETAIL, belong together"};
    const bool is_stream = is_ldap || is_rfc || question.method == "CONNECT";
    const auto parts = is_stream ? as_authority(question.url) : split_url(question.url);
    if (!parts) return parts.error();
    std::optional<SampleClaims> claims;
    if (!question.claims.empty()) {
        auto read = read_claims(question.claims, context.in);
        if (!read) return read.error();
        claims = std::move(*read);
    }
    const mappings::Access access{.authority = parts->first,
                                  .target = parts->second,
                                  .method = question.method,
                                  .upgrade = question.upgrade,
                                  .stream = is_stream};
    const auto decision = (*site)->table.decide(access, std::chrono::system_clock::now());
    CommandOutput output;
    json::object facts{{"allowed", decision.allowed()}};
    if (decision.mapping != nullptr) {
        const auto name = decision.mapping->virtual_text();
        const auto internal = decision.mapping->internal.text(decision.internal_port);
        facts["mapping"] = name;
        facts["internal"] = internal;
        output.text += "mapping " + name + " -> " + internal + "\n";
    }
    if (decision.allowed() && is_ldap) {
        auto explained = explain_ldap(*decision.mapping, question.operation, facts);
        if (!explained) return explained.error();
        output.text += explained->text;
        output.exit_code = explained->exit_code;
    } else if (decision.allowed() && is_stream) {
        explain_rfc(*decision.mapping, question.rfc, output, facts);
    } else if (decision.allowed()) {
        facts["rule"] = decision.rule_number;
        facts["path"] = decision.rule->path;
        output.text +=
            "allowed by rule " + std::to_string(decision.rule_number) + ": " + decision.rule->path +
            (decision.rule->match == mappings::Match::exact ? " (exact)" : " (subpaths)") + "\n";
        explain_user(**site, *decision.mapping, claims, output, facts);
    } else {
        const auto hidden = mappings::hidden_text(decision);
        facts["reason"] = hidden.empty() ? mappings::denial_text(decision, access) : hidden;
        output.text += "refused: " + std::string(facts["reason"].as_string()) + "\n";
        output.exit_code = 1;
    }
    output.json = std::move(facts);
    return output;
}

Result<CommandOutput> list_mappings(const CommandContext& context) {
    const auto site = effective_site(context);
    if (!site) return site.error();
    const auto now = std::chrono::system_clock::now();
    CommandOutput output;
    json::array all;
    for (const auto& mapping : (*site)->table.mappings()) {
        all.push_back(mapping_json(mapping, now));
        output.text += describe_mapping(mapping, now);
        if (const auto* one = (*site)->overrides.find(mapping.virtual_text())) {
            auto said = to_json(mapping.virtual_text(), *one);
            output.text += "    " + describe_override(said);
            all.back().get_object()["override"] = std::move(said);
        }
    }
    output.json = std::move(all);
    return output;
}

}  // namespace

void add_policy_commands(CLI::App& app, CommandContext& context) {
    on_run(*app.add_subcommand("check", "say whether the configuration is valid"), context,
           [&context] { return check(context); });

    auto& command = *app.add_subcommand(
        "explain", "say which mapping and rule would allow a request, or why not");
    const auto question = std::make_shared<Question>();
    command.add_option("method", question->method, "e.g. GET; CONNECT for a stream; LDAP; RFC")
        ->required();
    command
        .add_option("url", question->url,
                    "http://virtual-host:port/path; virtual-host:port of a stream")
        ->required();
    command.add_option("--operation", question->operation,
                       "of LDAP: search, modify, extended:OID, ...");
    command.add_option("--function", question->rfc.function, "of RFC: what is called");
    command.add_option("--client", question->rfc.client, "of RFC: the SAP client");
    command.add_option("--user", question->rfc.user, "of RFC: who logs on there");
    command.add_flag("--upgrade", question->upgrade, "to WebSocket");
    command.add_option("--claims", question->claims,
                       "also say as whom the back end sees a user with these claims: JSON "
                       "file, - for standard input");
    on_run(command, context, [&context, question] { return explain(context, *question); });
    auto* mappings = app.add_subcommand("mappings", "what is exposed");
    mappings->require_subcommand(1);
    on_run(*mappings->add_subcommand("list", "all mappings and their rules"), context,
           [&context] { return list_mappings(context); });
    add_reachability_command(*mappings, context);
    add_mapping_commands(*mappings, context);
    add_scenario_commands(*mappings, context);
    add_override_commands(*mappings, context);
}

}  // namespace sallyport::agent
