#pragma once

namespace CLI {
class App;
}

namespace sallyport::agent {

struct CommandContext;

/// `mappings test [VIRTUAL]`; `mappings` and `context` outlive the parsing.
void add_reachability_command(CLI::App& mappings, CommandContext& context);

}  // namespace sallyport::agent
