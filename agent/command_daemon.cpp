#include "agent/audit_report.hpp"
#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "daemon/admin_client.hpp"

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

/// The socket of the daemon. A configuration that has just been broken must not keep anybody from
/// looking at the daemon that runs with the one before, so the option wins over the file.
Result<std::filesystem::path> socket_of(const CommandContext& context, const std::string& given) {
    if (!given.empty()) return std::filesystem::path(given);
    auto config = Config::load(context.config);
    if (config) return config->admin_socket;
    return Error{
        config.error().code,
        config.error().detail + "\n(name the daemon's socket with --socket to ask it anyway)"};
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

std::string describe(const json::object& status) {
    std::string text = "agent " + text_of(status.at("identity").as_object().at("name")) +
                       "\nversion " + text_of(status.at("version")) + ", up " +
                       text_of(status.at("seconds")) + " s, " + text_of(status.at("mappings")) +
                       " mappings, " + (status.at("ready").as_bool() ? "ready" : "NOT READY") +
                       "\n";
    text += describe_certificate(status.at("identity").as_object());
    text += describe_audit(status.at("audit").as_object());
    for (const auto& provider : status.at("identity_providers").as_array()) {
        const auto& object = provider.as_object();
        text += "identity provider " + text_of(object.at("issuer")) + ": " +
                text_of(object.at("keys")) + " keys";
        if (const auto* error = object.if_contains("last_error")) text += ", " + text_of(*error);
        text += "\n";
    }
    for (const auto& entry : status.at("certificates").as_array()) {
        const auto& certificate = entry.as_object();
        const auto level = text_of(certificate.at("warning"));
        if (level.empty()) continue;
        text += "CERTIFICATE " + level + ": " + text_of(certificate.at("kind")) + " " +
                text_of(certificate.at("subject")) + " " + text_of(certificate.at("time_left")) +
                "\n";
    }
    for (const auto& warning : status.at("warnings").as_array())
        text += "warning: " + text_of(warning) + "\n";
    for (const auto& hub : status.at("hubs").as_array()) {
        text += "hub " + text_of(hub.at("name")) + (hub.at("up").as_bool() ? "" : ": NOT REACHED") +
                "\n";
        for (const auto& link : hub.at("links").as_array()) {
            const auto& object = link.as_object();
            text += "    link " + text_of(object.at("link")) + " " + text_of(object.at("state"));
            for (const char* name : {"peer", "last_error"})
                if (const auto* value = object.if_contains(name)) text += "  " + text_of(*value);
            text += "\n";
        }
    }
    return text;
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
                   return CommandOutput{*answer, text(*answer)};
               });
        return command;
    };
    const auto at = [](const char* target) { return [target] { return std::string(target); }; };
    add(app, "status", "what the running agent says of itself", "GET", at("/v1/status"), describe);
    add(app, "reload", "put a changed configuration in force", "POST", at("/v1/reload"),
        [](const json::object&) { return std::string("reloaded\n"); });
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
        at("/v1/audit/repair"), describe_repair);
}

}  // namespace sallyport::agent
