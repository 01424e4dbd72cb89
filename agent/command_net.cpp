#include "agent/command_context.hpp"
#include "agent/outbound.hpp"
#include "base/file.hpp"
#include "daemon/outbound_systemd.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

namespace sallyport::agent {

namespace {

struct NetOptions {
    bool resolve = false;
    bool systemd = false;
};

/// The whole of it: an address that is missing is a system that cannot be reached.
CommandOutput drop_in_for_systemd(const std::vector<daemon::Outbound>& all,
                                  const std::string& file) {
    const auto servers = read_file("/etc/resolv.conf");
    CommandOutput output{
        daemon::outbound_json(all, file),
        daemon::systemd_drop_in(
            all, daemon::nameservers_in(servers ? std::string_view(*servers) : ""), "sallyport")};
    const auto missing = [](const auto& one) { return !one.unresolved.empty(); };
    if (std::ranges::any_of(all, missing)) output.exit_code = 1;
    return output;
}

}  // namespace

void add_net_command(CLI::App& app, CommandContext& context) {
    auto* command =
        app.add_subcommand("net",
                           "every outbound address that the configuration needs, as text "
                           "for a firewall request");
    const auto options = std::make_shared<NetOptions>();
    command->add_flag("--resolve", options->resolve, "also the addresses that the names have now");
    command->add_flag("--systemd", options->systemd,
                      "a drop-in that lets the service talk to these addresses only; exit code 1 "
                      "if a name has none");
    on_run(*command, context, [&context, options]() -> Result<CommandOutput> {
        const auto site = Site::load(context.config);
        if (!site) return site.error();
        auto all = outbound_of(**site);
        if (options->resolve || options->systemd) daemon::resolve_all(all);
        const auto file = context.config.string();
        if (options->systemd) return drop_in_for_systemd(all, file);
        return CommandOutput{daemon::outbound_json(all, file),
                             daemon::outbound_text(all, "the agent of Sallyport", file)};
    });
}

}  // namespace sallyport::agent
