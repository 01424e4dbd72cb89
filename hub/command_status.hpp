#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>

namespace CLI {
class App;
}

namespace sallyport::hub {

struct CommandContext;

/// `status`: what the running hub says of itself. `socket` is asked once the command runs.
void add_status_command(CLI::App& app, CommandContext& context,
                        std::function<Result<std::filesystem::path>()> socket);

/// `audit repair`: a failed audit log of the running hub records again; `audit rotate-key`: it is
/// signed with another key.
void add_audit_daemon_commands(CLI::App& audit, CommandContext& context,
                               std::function<Result<std::filesystem::path>()> socket);

/// `audit retention`: what is not to be kept any longer goes.
void add_audit_retention_command(CLI::App& audit, CommandContext& context,
                                 std::function<Result<std::filesystem::path>()> socket);

/// `ready`: whether the running hub can serve; exit code 1 if not.
void add_ready_command(CLI::App& app, CommandContext& context,
                       std::function<Result<std::filesystem::path>()> socket);

/// `reload`: the running hub reads its configuration again.
void add_reload_command(CLI::App& app, CommandContext& context,
                        std::function<Result<std::filesystem::path>()> socket);

/// `metrics`, `log-level`
void add_monitor_commands(CLI::App& app, CommandContext& context,
                          const std::function<Result<std::filesystem::path>()>& socket);

}  // namespace sallyport::hub
