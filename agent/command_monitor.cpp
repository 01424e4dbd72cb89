// `metrics`, `log-level`: for whoever watches a running agent.
#include "agent/command_context.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/log_level_command.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {

void add_monitor_commands(CLI::App& app, CommandContext& context) {
    const auto socket = std::make_shared<std::string>();
    auto* metrics = app.add_subcommand("metrics", "what Prometheus is told, in its text format");
    metrics->add_option("--socket", *socket, "admin socket of the daemon");
    on_run(*metrics, context, [&context, socket]() -> Result<CommandOutput> {
        const auto path = socket_of(context, *socket);
        if (!path) return path.error();
        auto text = daemon::ask_daemon_for_text(*path, "/metrics");
        if (!text) return text.error();
        return CommandOutput{boost::json::object{{"metrics", *text}}, *text};
    });
    const auto options = std::make_shared<daemon::LevelCommand>();
    auto* level = app.add_subcommand("log-level", "write more to the log, or less, for a while");
    level->add_option("--socket", *socket, "admin socket of the daemon");
    daemon::add_level_options(*level, *options);
    on_run(*level, context, [&context, socket, options]() -> Result<CommandOutput> {
        const auto path = socket_of(context, *socket);
        if (!path) return path.error();
        auto answer = daemon::ask_log_level(*path, *options);
        if (!answer) return answer.error();
        return CommandOutput{*answer, daemon::describe_log_level(*answer)};
    });
}

}  // namespace sallyport::agent
