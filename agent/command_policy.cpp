#include "agent/claims_file.hpp"
#include "agent/command_context.hpp"
#include "agent/command_mappings.hpp"
#include "agent/command_overrides.hpp"
#include "agent/command_reachability.hpp"
#include "agent/effective_site.hpp"
#include "agent/explain.hpp"
#include "agent/mapping_report.hpp"
#include "agent/site.hpp"
#include "daemon/admin_https.hpp"
#include "daemon/counted.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>

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

/// What is asked of `explain` on the command line.
struct ExplainOptions {
    Question question;
    std::string claims;  // a file; empty: nothing is asked about users
};

Result<CommandOutput> explain_for(const CommandContext& context, const ExplainOptions& options) {
    const auto site = effective_site(context);
    if (!site) return site.error();
    auto question = options.question;
    if (!options.claims.empty()) {
        auto read = read_claims(options.claims, context.in);
        if (!read) return read.error();
        question.claims = std::move(*read);
    }
    return explain(**site, question, std::chrono::system_clock::now());
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
    const auto options = std::make_shared<ExplainOptions>();
    auto* const question = &options->question;
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
    command.add_option("--claims", options->claims,
                       "also say as whom the back end sees a user with these claims: JSON "
                       "file, - for standard input");
    on_run(command, context, [&context, options] { return explain_for(context, *options); });
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
