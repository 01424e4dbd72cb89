// `metrics`, `log-level`: for whoever watches a running hub.
#include "daemon/admin_client.hpp"
#include "daemon/log_level_command.hpp"
#include "hub/command_context.hpp"
#include "hub/command_status.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::hub {

void add_monitor_commands(CLI::App& app, CommandContext& context,
                          const std::function<Result<std::filesystem::path>()>& socket) {
    auto* metrics = app.add_subcommand("metrics", "what Prometheus is told, in its text format");
    on_run(*metrics, context, [socket]() -> Result<CommandOutput> {
        const auto path = socket();
        if (!path) return path.error();
        auto text = daemon::ask_daemon_for_text(*path, "/metrics");
        if (!text) return text.error();
        return CommandOutput{boost::json::object{{"metrics", *text}}, *text};
    });
    const auto options = std::make_shared<daemon::LevelCommand>();
    auto* level = app.add_subcommand("log-level", "write more to the log, or less, for a while");
    daemon::add_level_options(*level, *options);
    on_run(*level, context, [socket, options]() -> Result<CommandOutput> {
        const auto path = socket();
        if (!path) return path.error();
        auto answer = daemon::ask_log_level(*path, *options);
        if (!answer) return answer.error();
        return CommandOutput{*answer, daemon::describe_log_level(*answer)};
    });
}

}  // namespace sallyport::hub
