#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::agent {

/// What `sallyport COMMAND` runs with, and its outcome. Outlives the parsing of the command line.
struct CommandContext {
    std::filesystem::path config;  // --config
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool json = false;
    int exit_code = 0;  // 0 done (or allowed), 1 failed (or refused), 2 called the wrong way
};

/// What a command tells: the same facts for programs and for people.
struct CommandOutput {
    boost::json::value json;
    std::string text;
    int exit_code = 0;
    std::string painted{};  // instead of `text`: made with base/paint.hpp, and so clean already
};

/// Prints what a command returned, and sets the exit code.
void tell(CommandContext& context, const Result<CommandOutput>& output);

/// Runs a command's body when CLI11 has parsed the line; prints what it returns, and an error as
/// one line that says what to do. Adds --json. `context` outlives `command`.
void on_run(CLI::App& command, CommandContext& context,
            std::function<Result<CommandOutput>()> body);

/// The socket of the daemon. A configuration that has just been broken must not keep anybody from
/// looking at the daemon that runs with the one before, so `given` (--socket) wins over the file.
Result<std::filesystem::path> socket_of(const CommandContext& context, const std::string& given);

// The commands. Each adds its subcommand to `app`.

/// `check`, `explain METHOD URL`, `mappings list`: read the configuration, ask nobody. `mappings
/// test` connects to internal systems.
void add_policy_commands(CLI::App& app, CommandContext& context);
/// `certs list|show|csr|import|rotate|sample`
void add_certs_commands(CLI::App& app, CommandContext& context);
/// `enroll`
void add_enroll_command(CLI::App& app, CommandContext& context);
/// `ready`
void add_ready_command(CLI::App& app, CommandContext& context);
/// `backup`, `backup verify`, `restore`.
void add_backup_commands(CLI::App& app, CommandContext& context);
/// `status`, `reload`, `reconnect`, `drain`, and `repair` below `audit`, which must be there: ask
/// the running daemon.
void add_daemon_commands(CLI::App& app, CommandContext& context);
/// `metrics`, `log-level`
void add_monitor_commands(CLI::App& app, CommandContext& context);
/// `doctor`: asks everybody that the configuration names, and the running daemon if there is one.
void add_doctor_command(CLI::App& app, CommandContext& context);
/// `net`: what has to be let out.
void add_net_command(CLI::App& app, CommandContext& context);
/// `bundle`: for support, without secrets.
void add_bundle_command(CLI::App& app, CommandContext& context);
/// `top`: live, or one picture.
void add_top_command(CLI::App& app, CommandContext& context);
/// `status`: what is up, what is wrong, what to do; then the details that `details` makes of it.
using StatusDetails = std::function<std::string(const boost::json::object&)>;
void add_status_command(CLI::App& app, CommandContext& context, StatusDetails details);

}  // namespace sallyport::agent
