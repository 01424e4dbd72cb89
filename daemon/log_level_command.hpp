#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::daemon {

/// `log-level [LEVEL] [--for TIME]`: asks the daemon which lines it writes, or orders it for a
/// while.
struct LevelCommand {
    std::string level{};  // empty: only ask
    std::string time{};   // "10m"; empty: the default
};

void add_level_options(CLI::App& command, LevelCommand& options);

/// Errors: Errc::malformed for a time that is none; those of ask_daemon().
Result<boost::json::object> ask_log_level(const std::filesystem::path& socket,
                                          const LevelCommand& options);
/// The answer for people.
std::string describe_log_level(const boost::json::object& answer);

}  // namespace sallyport::daemon
