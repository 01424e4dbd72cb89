#include "agent/command_context.hpp"
#include "agent/outbound.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace sallyport::agent {

void add_net_command(CLI::App& app, CommandContext& context) {
    auto* command =
        app.add_subcommand("net",
                           "every outbound address that the configuration needs, as text "
                           "for a firewall request");
    const auto resolve = std::make_shared<bool>(false);
    command->add_flag("--resolve", *resolve, "also the addresses that the names have now");
    on_run(*command, context, [&context, resolve]() -> Result<CommandOutput> {
        const auto site = Site::load(context.config);
        if (!site) return site.error();
        auto all = outbound_of(**site);
        if (*resolve) daemon::resolve_all(all);
        const auto file = context.config.string();
        return CommandOutput{daemon::outbound_json(all, file),
                             daemon::outbound_text(all, "the agent of Sallyport", file)};
    });
}

}  // namespace sallyport::agent
