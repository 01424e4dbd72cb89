#include "agent/back_end_report.hpp"
#include "agent/command_context.hpp"
#include "agent/mapping_report.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_report.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/certificate_expiry.hpp"
#include "daemon/forward_report.hpp"
#include "daemon/ready_report.hpp"
#include "daemon/restart_needed.hpp"
#include "daemon/witness_runner.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <array>
#include <ctime>
#include <string>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

/// RFC 3339 in UTC.
std::string date_of(const json::value& seconds) {
    const std::time_t time = seconds.to_number<std::int64_t>();
    std::tm date{};
    std::array<char, 32> text{};
    ::gmtime_r(&time, &date);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &date)};
}

std::string describe_certificate(const json::object& identity) {
    std::string text = "certificate valid until " + date_of(identity.at("not_after"));
    const auto& renewal = identity.at("renewal").as_object();
    text += ", renewal " + date_of(renewal.at("next"));
    const auto health = text_of(renewal.at("health"));
    if (health != "good") text += ", RENEWAL " + health;
    text += "\n";
    if (const auto* error = renewal.if_contains("last_error"))
        text += "    renewal failed " + text_of(renewal.at("failures")) +
                " times: " + text_of(*error) + "\n";
    if (const auto* clock = renewal.if_contains("clock")) text += "    " + text_of(*clock) + "\n";
    return text;
}

/// Of the last synthetic exchange.
std::string describe_ready(const json::object& hub) {
    const auto* ready = hub.if_contains("ready");
    if (ready == nullptr)
        return hub.at("up").as_bool() ? " (an older one: it makes no synthetic exchanges)" : "";
    const auto* seconds = ready->as_object().if_contains("seconds");
    if (seconds == nullptr) return "";
    return ", answered through it " + text_of(*seconds) + " s ago in " +
           text_of(ready->at("round_trip_us")) + " us";
}

std::string describe_agent(const json::object& status) {
    std::string text = "agent " + text_of(status.at("identity").as_object().at("name")) +
                       "\nversion " + text_of(status.at("version")) + ", up " +
                       text_of(status.at("seconds")) + " s, " + text_of(status.at("mappings")) +
                       " mappings, " + (status.at("ready").as_bool() ? "ready" : "NOT READY") +
                       "\n" + daemon::describe_not_ready(status);
    text += describe_certificate(status.at("identity").as_object());
    text += daemon::describe_audit(status.at("audit").as_object(),
                                   {.program = "sallyport",
                                    .blocked = "no exchange passes",
                                    .degraded = "exchanges pass WITHOUT A RECORD"});
    text += daemon::describe_forward(status.at("audit").as_object().at("forward").as_array());
    text += daemon::describe_witnesses(status.at("witnesses").as_array());
    for (const auto& provider : status.at("identity_providers").as_array()) {
        const auto& object = provider.as_object();
        text += "identity provider " + text_of(object.at("issuer")) + ": " +
                text_of(object.at("keys")) + " keys";
        if (const auto* error = object.if_contains("last_error")) text += ", " + text_of(*error);
        text += "\n";
    }
    text += daemon::describe_expiry(status.at("certificates").as_array());
    for (const auto& warning : status.at("warnings").as_array())
        text += "warning: " + text_of(warning) + "\n";
    for (const auto& entry : status.at("overrides").as_array())
        text += describe_override(entry.as_object());
    text += describe_back_ends(status.at("back_ends").as_array());
    for (const auto& entry : status.at("ssh").as_array()) {
        const auto& server = entry.as_object();
        text += "ssh " + text_of(server.at("server")) + ": " + text_of(server.at("sessions")) +
                " sessions, " + text_of(server.at("channels")) + " channels";
        if (const auto* error = server.if_contains("last_error")) text += ": " + text_of(*error);
        text += "\n";
    }
    for (const auto& hub : status.at("hubs").as_array()) {
        text += "hub " + text_of(hub.at("name")) + (hub.at("up").as_bool() ? "" : ": NOT REACHED") +
                describe_ready(hub.as_object()) + "\n";
        for (const auto& link : hub.at("links").as_array()) {
            const auto& object = link.as_object();
            text += "    link " + text_of(object.at("link")) + " " + text_of(object.at("state"));
            for (const char* name : {"peer", "last_error"})
                if (const auto* value = object.if_contains(name)) text += "  " + text_of(*value);
            text += "\n";
        }
    }
    for (const auto& entry : status.at("channels").as_array()) {
        const auto& channel = entry.as_object();
        text += "channel " + text_of(channel.at("name")) + " at " + text_of(channel.at("listen")) +
                ", " + text_of(channel.at("connections")) + " connections";
        if (const auto* error = channel.if_contains("last_error"))
            text += ", last error: " + text_of(*error);
        text += "\n";
    }
    return text;
}

struct TrustWitness {
    std::string socket;
    std::string hub;
    std::string key;
};

void add_trust_witness(CLI::App& audit, CommandContext& context) {
    const auto options = std::make_shared<TrustWitness>();
    auto* command = audit.add_subcommand(
        "trust-witness", "believe the key with which a hub countersigns the audit log from now on");
    command->add_option("hub", options->hub, "the hub, as the configuration names it")->required();
    command
        ->add_option("key", options->key,
                     "what the hub's administrator was told by sallyport-hub witness key")
        ->required();
    command->add_option("--socket", options->socket, "admin socket of the daemon");
    on_run(*command, context, [&context, options]() -> Result<CommandOutput> {
        auto path = socket_of(context, options->socket);
        if (!path) return path.error();
        constexpr std::chrono::seconds patience{60};
        const json::object asked{{"hub", options->hub}, {"key", options->key}};
        auto answer = daemon::ask_daemon(*path, "POST", "/v1/audit/trust-witness", patience,
                                         json::serialize(asked));
        if (!answer) return answer.error();
        return CommandOutput{*answer, "hub " + options->hub + ": " + options->key +
                                          " is believed from now on\n" +
                                          daemon::describe_record(*answer)};
    });
}

}  // namespace

void add_daemon_commands(CLI::App& app, CommandContext& context) {
    const auto add = [&](CLI::App& parent, const char* name, const char* help, std::string method,
                         std::function<std::string()> target,
                         std::function<std::string(const json::object&)> text) {
        auto* command = parent.add_subcommand(name, help);
        const auto socket = std::make_shared<std::string>();
        command->add_option("--socket", *socket, "admin socket of the daemon");
        on_run(*command, context,
               [&context, socket, method, target, text]() -> Result<CommandOutput> {
                   auto path = socket_of(context, *socket);
                   if (!path) return path.error();
                   auto answer = daemon::ask_daemon(*path, method, target());
                   if (!answer) return answer.error();
                   return CommandOutput{*answer, text(*answer) + daemon::describe_record(*answer)};
               });
        return command;
    };
    const auto at = [](const char* target) { return [target] { return std::string(target); }; };
    add_status_command(app, context, describe_agent);
    add(app, "reload", "put a changed configuration in force", "POST", at("/v1/reload"),
        [](const json::object& said) {
            return "reloaded\n" + daemon::describe_restart_needed(said);
        });
    const auto dialling = [](const json::object&) { return std::string("dialling\n"); };
    const auto replace = std::make_shared<bool>(false);
    auto* reconnect = add(
        app, "reconnect", "dial the hub now instead of waiting", "POST",
        [replace] { return *replace ? "/v1/replace-links" : "/v1/reconnect"; }, dialling);
    reconnect->add_flag("--replace", *replace,
                        "dial each link that is up anew, too; the old one goes when the new one "
                        "is up, so nothing is lost");
    add(app, "drain", "finish what runs, then stop", "POST", at("/v1/drain"),
        [](const json::object&) { return std::string("draining\n"); });
    add(*app.get_subcommand("audit"), "repair",
        "let a failed audit log record again, after room was made or rights were given", "POST",
        at("/v1/audit/repair"),
        [](const json::object& repair) { return daemon::describe_repair(repair, "sallyport"); });
    add(*app.get_subcommand("audit"), "rotate-key", "sign the audit log with a new key from now on",
        "POST", at("/v1/audit/rotate-key"), daemon::describe_key_change);
    const auto order = std::make_shared<audit::RetentionOrder>();
    const auto now = std::make_shared<bool>(false);
    auto* retention = add(
        *app.get_subcommand("audit"), "retention",
        "say which old records are not to be kept; with --now delete them", "POST",
        [order, now] {
            order->dry_run = !*now;
            return daemon::retention_target(*order);
        },
        daemon::describe_retention);
    daemon::add_retention_options(*retention, *order, *now);
    add_trust_witness(*app.get_subcommand("audit"), context);
}

}  // namespace sallyport::agent
