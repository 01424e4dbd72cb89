#include "agent/command_context.hpp"
#include "daemon/ready_report.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {

void add_ready_command(CLI::App& app, CommandContext& context) {
    struct Options {
        std::string socket;
        unsigned wait = 0;
    };
    const auto options = std::make_shared<Options>();
    auto* command =
        app.add_subcommand("ready", "whether the agent can serve, and why not: exit code 0 or 1");
    command->add_option("--socket", options->socket, "admin socket of the daemon");
    command->add_option("--wait", options->wait, "seconds to wait until it is ready")
        ->check(CLI::Range(daemon::ready_wait_seconds_max));
    on_run(*command, context, [&context, options]() -> Result<CommandOutput> {
        auto path = socket_of(context, options->socket);
        if (!path) return path.error();
        const auto told = daemon::ask_ready(*path, std::chrono::seconds(options->wait));
        if (!told) return told.error();
        return CommandOutput{*told, daemon::describe_readiness(*told),
                             daemon::is_ready(*told) ? 0 : 1};
    });
}

}  // namespace sallyport::agent
