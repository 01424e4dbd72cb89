#include "agent/command_context.hpp"

#include "agent/config.hpp"
#include "agent/site_at_start.hpp"
#include "base/error.hpp"
#include "base/terminal.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <ostream>

namespace sallyport::agent {

void tell(CommandContext& context, const Result<CommandOutput>& output) {
    if (!output) {
        context.exit_code = 1;
        if (context.json)
            context.err << boost::json::serialize(
                               boost::json::object{{"error", to_text(output.error())}})
                        << '\n';
        else
            context.err << "sallyport: " << for_terminal(to_text(output.error())) << '\n';
        return;
    }
    context.exit_code = output->exit_code;
    if (context.json)
        context.out << boost::json::serialize(output->json) << '\n';
    else
        context.out << (output->painted.empty() ? for_terminal(output->text) : output->painted);
}

void on_run(CLI::App& command, CommandContext& context,
            std::function<Result<CommandOutput>()> body) {
    command.add_flag("--json", context.json, "print facts for programs");
    command.callback([&context, body = std::move(body)] { tell(context, body()); });
}

Result<std::filesystem::path> socket_of(const CommandContext& context, const std::string& given) {
    if (!given.empty()) return std::filesystem::path(given);
    const auto config = Config::load(context.config);
    // Members of the admin and view groups need not read the configuration to ask the daemon.
    const bool unreadable =
        !config && config.error().code == boost::system::errc::permission_denied;
    if (unreadable && context.config == "/etc/sallyport/agent.toml")
        return std::filesystem::path(admin_socket_default);
    auto socket = socket_in_force(context.config, config);
    if (socket) return socket;
    return Error{
        socket.error().code,
        socket.error().detail + "\n(name the daemon's socket with --socket to ask it anyway)"};
}

}  // namespace sallyport::agent
