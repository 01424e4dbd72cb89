#pragma once

#include <string>

namespace CLI {
class App;
}

namespace sallyport::hub {

struct CommandContext;

/// `doctor`, `bundle`: find out why it does not work. `file`: the configuration, as the command
/// line says when a command runs; outlives `app`.
void add_doctor_commands(CLI::App& app, CommandContext& context, const std::string& file);

}  // namespace sallyport::hub
