#include "hub/command_status.hpp"

#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_report.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/certificate_expiry.hpp"
#include "daemon/forward_report.hpp"
#include "daemon/json_text.hpp"
#include "daemon/ready_report.hpp"
#include "daemon/restart_needed.hpp"
#include "daemon/witness_runner.hpp"
#include "hub/command_context.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

namespace sallyport::hub {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::string describe_witness(const json::object& witness) {
    std::string text;
    if (const auto* alarms = witness.if_contains("alarms"))
        for (const auto& each : alarms->as_array()) {
            const auto& alarm = each.as_object();
            text += "AUDIT ALARM " + text_of(alarm.at("code")) + ": agent " +
                    text_of(alarm.at("agent")) + " of " + text_of(alarm.at("tenant")) + ": " +
                    text_of(alarm.at("reason")) + "\n";
        }
    if (!text.empty()) text += "    see sallyport-hub witness list, and agent show\n";
    if (const auto* error = witness.if_contains("error"))
        text += "warning: what was countersigned cannot be read: " + text_of(*error) + "\n";
    return text;
}

/// Whether a synthetic exchange has gone through an agent lately.
std::string describe_ready(const json::object& agent) {
    if (!agent.at("ready").as_bool()) return "NO";
    const auto* took = agent.if_contains("round_trip_us");
    return took == nullptr ? "unknown (older agent)" : "in " + text_of(*took) + " us";
}

std::string describe(const json::object& status) {
    std::string text = "hub " + text_of(status.at("name")) + ", version " +
                       text_of(status.at("version")) + ", up " + text_of(status.at("seconds")) +
                       " s, " + daemon::describe_readiness(status);
    for (const auto& [name, address] : status.at("listen").as_object())
        text += "listens for " + std::string(name) + " on " + text_of(address) + "\n";
    text += daemon::describe_restart_needed(status);
    text += daemon::describe_audit(status.at("audit").as_object(),
                                   {.program = "sallyport-hub",
                                    .blocked = "no certificate is issued",
                                    .degraded = "certificates are issued WITHOUT A RECORD"});
    text += daemon::describe_forward(status.at("audit").as_object().at("forward").as_array());
    text += daemon::describe_witnesses(status.at("witnesses").as_array());
    text += daemon::describe_expiry(daemon::array_at(status, "certificates"));
    for (const auto& warning : status.at("warnings").as_array())
        text += "warning: " + text_of(warning) + "\n";
    text += describe_witness(status.at("witness").as_object());
    std::vector<std::vector<std::string>> rows{
        {"AGENT", "TENANT", "LOCATION", "LINKS", "VERSION", "FROM", "SECONDS", "READY"}};
    for (const auto& agent : status.at("agents").as_array()) {
        std::vector<std::string> row;
        for (const char* name :
             {"name", "tenant", "location", "links", "version", "peer", "seconds"})
            row.push_back(text_of(agent.as_object().at(name)));
        row.push_back(describe_ready(agent.as_object()));
        rows.push_back(std::move(row));
    }
    if (rows.size() == 1) return text + "no agent is attached\n";
    return text + table(rows);
}

}  // namespace

void add_reload_command(CLI::App& app, CommandContext& context,
                        std::function<Result<std::filesystem::path>()> socket) {
    auto* command = app.add_subcommand("reload", "put a changed hub.toml in force");
    on_run(*command, context, [socket = std::move(socket)]() -> Result<CommandOutput> {
        auto path = socket();
        if (!path) return path.error();
        auto answer = daemon::ask_daemon(*path, "POST", "/v1/reload");
        if (!answer) return answer.error();
        return CommandOutput{*answer, "reloaded\n" + daemon::describe_restart_needed(*answer) +
                                          daemon::describe_record(*answer)};
    });
}

void add_audit_daemon_commands(CLI::App& audit, CommandContext& context,
                               std::function<Result<std::filesystem::path>()> socket) {
    using Describe = std::function<std::string(const json::object&)>;
    const auto add = [&](const char* name, const char* help, std::string target, Describe text) {
        on_run(*audit.add_subcommand(name, help), context,
               [socket, target = std::move(target),
                text = std::move(text)]() -> Result<CommandOutput> {
                   auto path = socket();
                   if (!path) return path.error();
                   auto answer = daemon::ask_daemon(*path, "POST", target);
                   if (!answer) return answer.error();
                   return CommandOutput{*answer, text(*answer) + daemon::describe_record(*answer)};
               });
    };
    add("repair", "let a failed audit log record again, after room was made or rights were given",
        "/v1/audit/repair", [](const json::object& repair) {
            return daemon::describe_repair(repair, "sallyport-hub");
        });
    add("rotate-key", "sign the audit log with a new key from now on", "/v1/audit/rotate-key",
        daemon::describe_key_change);
}

void add_audit_retention_command(CLI::App& audit, CommandContext& context,
                                 std::function<Result<std::filesystem::path>()> socket) {
    const auto order = std::make_shared<audit::RetentionOrder>();
    const auto now = std::make_shared<bool>(false);
    auto* command = audit.add_subcommand(
        "retention", "say which old records are not to be kept; with --now delete them");
    daemon::add_retention_options(*command, *order, *now);
    on_run(*command, context, [order, now, socket = std::move(socket)]() -> Result<CommandOutput> {
        auto path = socket();
        if (!path) return path.error();
        order->dry_run = !*now;
        auto answer = daemon::ask_daemon(*path, "POST", daemon::retention_target(*order));
        if (!answer) return answer.error();
        return CommandOutput{
            *answer, daemon::describe_retention(*answer) + daemon::describe_record(*answer)};
    });
}

void add_ready_command(CLI::App& app, CommandContext& context,
                       std::function<Result<std::filesystem::path>()> socket) {
    const auto wait = std::make_shared<unsigned>(0);
    auto* command =
        app.add_subcommand("ready", "whether the hub can serve, and why not: exit code 0 or 1");
    command->add_option("--wait", *wait, "seconds to wait until it is ready")
        ->check(CLI::Range(daemon::ready_wait_seconds_max));
    on_run(*command, context, [wait, socket = std::move(socket)]() -> Result<CommandOutput> {
        auto path = socket();
        if (!path) return path.error();
        const auto told = daemon::ask_ready(*path, std::chrono::seconds(*wait));
        if (!told) return told.error();
        return CommandOutput{.json = *told,
                             .text = daemon::describe_readiness(*told),
                             .exit_code = daemon::is_ready(*told) ? 0 : 1};
    });
}

void add_status_command(CLI::App& app, CommandContext& context,
                        std::function<Result<std::filesystem::path>()> socket) {
    auto* command = app.add_subcommand("status", "what the running hub says of itself");
    on_run(*command, context, [socket = std::move(socket)]() -> Result<CommandOutput> {
        auto path = socket();
        if (!path) return path.error();
        auto status = daemon::ask_daemon(*path, "GET", "/v1/status");
        if (!status) return status.error();
        return CommandOutput{*status, describe(*status)};
    });
}

}  // namespace sallyport::hub
