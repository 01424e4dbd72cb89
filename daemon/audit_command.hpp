#pragma once

#include "audit/clock.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::daemon {

/// What `audit COMMAND` runs with, and its outcome. Must outlive the parsing of the command line.
struct AuditCommandContext {
    /// The folder that the configuration names; asked if there is no --folder.
    std::function<Result<std::filesystem::path>()> folder;
    std::ostream& out;
    std::ostream& err;
    /// The program whose command this is, for hints on what to run next.
    std::string program = "sallyport";
    /// The admin socket that the configuration names; asked if there is no --socket.
    std::function<Result<std::filesystem::path>()> socket{};
    /// The id of the tenant of that name; what it does not know stays as it is. Empty: records name
    /// tenants by ids, and nobody here knows their names.
    std::function<std::string(const std::string&)> tenant_id{};
    audit::Clock* clock = &audit::Clock::system();
    /// How `tail --follow` waits for more; false ends it. Empty = until the folder changes.
    std::function<bool()> wait_for_more{};
    int exit_code = 0;  // docs/AUDIT.md#exit-codes
};

/// Adds `audit tail|query|verify|prove|check-proof|export|erase` to the command line. All but the
/// last only read; the log may be written meanwhile, and its folder is taken from --folder or the
/// context.
void add_audit_commands(CLI::App& parent, AuditCommandContext& context);

}  // namespace sallyport::daemon
