#pragma once

#include "base/result.hpp"
#include "mappings/moment.hpp"

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace sallyport::agent {

struct CommandContext;
struct CommandOutput;

/// `mappings maintenance`, `expire`, `clear`: ask the running daemon, and change no file.
void add_override_commands(CLI::App& mappings, CommandContext& context);

/// The same for `enable --override` and `disable --override`.
Result<CommandOutput> override_enabled(const CommandContext& context, const std::string& socket,
                                       const std::string& name, bool enabled);

/// When, as a person says it: RFC 3339, or how long from `now`, "90m" or "7d". "never" stays as it
/// is. Errors: Errc::malformed.
Result<std::string> read_end(std::string_view text, mappings::Moment now);

}  // namespace sallyport::agent
