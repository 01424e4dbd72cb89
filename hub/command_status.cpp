#include "hub/command_status.hpp"

#include "daemon/admin_client.hpp"
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

std::string describe_restart(const json::object& said) {
    std::string keys;
    for (const auto& key : said.at("restart_needed").as_array()) keys += " " + text_of(key);
    return keys.empty() ? keys : "changed, but in force only after a restart:" + keys + "\n";
}

std::string describe(const json::object& status) {
    std::string text = "hub " + text_of(status.at("name")) + ", version " +
                       text_of(status.at("version")) + ", up " + text_of(status.at("seconds")) +
                       " s\n";
    for (const auto& [name, address] : status.at("listen").as_object())
        text += "listens for " + std::string(name) + " on " + text_of(address) + "\n";
    text += describe_restart(status);
    for (const auto& warning : status.at("warnings").as_array())
        text += "warning: " + text_of(warning) + "\n";
    std::vector<std::vector<std::string>> rows{
        {"AGENT", "TENANT", "LOCATION", "LINKS", "VERSION", "FROM", "SECONDS"}};
    for (const auto& agent : status.at("agents").as_array()) {
        std::vector<std::string> row;
        for (const char* name :
             {"name", "tenant", "location", "links", "version", "peer", "seconds"})
            row.push_back(text_of(agent.as_object().at(name)));
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
        return CommandOutput{*answer, "reloaded\n" + describe_restart(*answer)};
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
