#pragma once

namespace CLI {
class App;
}

namespace sallyport::agent {

struct CommandContext;

/// `mappings add`, `remove`, `enable`, `disable`: change files of the configuration.
void add_mapping_commands(CLI::App& mappings, CommandContext& context);
/// `mappings export`, `import`.
void add_scenario_commands(CLI::App& mappings, CommandContext& context);

}  // namespace sallyport::agent
