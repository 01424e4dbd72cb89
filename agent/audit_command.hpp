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

namespace sallyport::agent {

/// What `audit COMMAND` runs with, and its outcome. Must outlive the parsing of the command line.
struct AuditCommandContext {
    /// The folder that the configuration names; asked if there is no --folder.
    std::function<Result<std::filesystem::path>()> folder;
    std::ostream& out;
    std::ostream& err;
    audit::Clock* clock = &audit::Clock::system();
    /// How `tail --follow` waits for more; false ends it. Empty = until the folder changes.
    std::function<bool()> wait_for_more{};
    int exit_code = 0;  // 0 done, 1 verify found problems, 2 used the wrong way or cannot read
};

/// Adds `audit tail|query|verify` to the command line. The commands only read; the log may be
/// written meanwhile, and its folder is taken from --folder or the context.
void add_audit_commands(CLI::App& parent, AuditCommandContext& context);

/// What --since and --until take: RFC 3339, a day (`2025-03-01`, UTC), or a time ago (`90s`, `15m`,
/// `6h`, `7d`). Errors: Errc::malformed.
Result<audit::WallTime> parse_moment(std::string_view text, audit::WallTime now);

}  // namespace sallyport::agent
