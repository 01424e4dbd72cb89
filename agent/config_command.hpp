// A change of the configuration by a command, from the files to the reload.
#pragma once

#include "agent/command_context.hpp"
#include "agent/config_edit.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sallyport::agent {

/// How a command may change files.
struct EditOptions {
    std::string socket{};
    bool dry_run = false;
    bool yes = false;
    bool no_reload = false;
};

void add_edit_options(CLI::App& command, EditOptions& options);

/// The files as they are now. Errors: those of Config::load().
Result<ConfigEdit> open_files(const CommandContext& context);

/// Shows what `edit` changed against `before`, has the daemon judge it, asks, writes and reloads.
/// What the reload refuses is taken back. `about`: the mapping that was enabled or disabled, which
/// an override may say otherwise of; empty: none.
Result<CommandOutput> put_into_files(CommandContext& context, const EditOptions& options,
                                     const ConfigDocuments& before, const ConfigEdit& edit,
                                     const std::string& about = {});

}  // namespace sallyport::agent
