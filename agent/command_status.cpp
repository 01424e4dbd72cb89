#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "agent/status_summary.hpp"
#include "base/terminal.hpp"
#include "daemon/admin_client.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <unistd.h>

namespace sallyport::agent {

void add_status_command(CLI::App& app, CommandContext& context, StatusDetails details) {
    auto* command = app.add_subcommand("status", "what is up, what is wrong, and what to do");
    const auto socket = std::make_shared<std::string>();
    command->add_option("--socket", *socket, "admin socket of the daemon");
    on_run(*command, context, [&context, socket, details]() -> Result<CommandOutput> {
        const auto path = socket_of(context, *socket);
        if (!path) return path.error();
        auto status = daemon::ask_daemon(*path, "GET", "/v1/status");
        if (!status) return status.error();
        const auto config = Config::load(context.config);
        const auto digest = config ? config->digest : std::string();
        CommandOutput output;
        output.painted = status_summary(*status, digest, Paint::of(STDOUT_FILENO)) +
                         for_terminal(details(*status));
        output.json = std::move(*status);
        return output;
    });
}

}  // namespace sallyport::agent
