#include "agent/agent.hpp"
#include "agent/command_context.hpp"
#include "agent/site_at_start.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "daemon/audit_command.hpp"
#include "daemon/ownership.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

using namespace sallyport;

/// `run`: the agent itself, until a signal ends it.
int run(const std::filesystem::path& file, agent::OnBroken on_broken) {
    auto site = agent::site_at_start(file, on_broken);
    if (!site) {
        std::cerr << site.error().detail << '\n';
        if (const auto config = agent::Config::load(file))
            std::cerr << daemon::ownership_line(site.error(), config->state_dir);
        return 2;
    }
    log::start("sallyport", (*site)->config.log);
    int code = 0;
    if (auto agent = agent::Agent::create(*site)) {
        (*agent)->run();
    } else {
        std::cerr << "sallyport: " << to_text(agent.error()) << '\n'
                  << daemon::ownership_line(agent.error(), (*site)->config.state_dir);
        code = 1;
    }
    log::stop();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "The agent of Sallyport: exposes allow-listed internal systems through an outbound "
        "tunnel."};
    app.set_version_flag("--version", SALLYPORT_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    agent::CommandContext context{
        .config = "/etc/sallyport/agent.toml", .in = std::cin, .out = std::cout, .err = std::cerr};
    app.add_option("--config", context.config, "configuration file")->capture_default_str();

    int code = 0;
    auto* serve = app.add_subcommand("run", "serve until a signal ends it");
    bool fail = false;
    serve->add_flag("--no-last-good", fail,
                    "end if the configuration is broken, instead of starting with what it leaves "
                    "of the last good one");
    serve->callback([&] {
        code = run(context.config, fail ? agent::OnBroken::fail : agent::OnBroken::use_last_good);
    });
    agent::add_policy_commands(app, context);
    agent::add_certs_commands(app, context);
    agent::add_enroll_command(app, context);
    agent::add_backup_commands(app, context);
    daemon::AuditCommandContext audit{.folder = [&]() -> Result<std::filesystem::path> {
                                          const auto config = agent::Config::load(context.config);
                                          if (!config) return config.error();
                                          return config->audit_folder();
                                      },
                                      .out = std::cout,
                                      .err = std::cerr,
                                      .socket = [&]() -> Result<std::filesystem::path> {
                                          auto config = agent::Config::load(context.config);
                                          if (!config) return config.error();
                                          return std::move(config->admin_socket);
                                      }};
    daemon::add_audit_commands(app, audit);
    agent::add_daemon_commands(app, context);
    agent::add_monitor_commands(app, context);
    agent::add_ready_command(app, context);
    agent::add_doctor_command(app, context);
    agent::add_net_command(app, context);
    agent::add_bundle_command(app, context);
    agent::add_top_command(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (code != 0) return code;
    return context.exit_code != 0 ? context.exit_code : audit.exit_code;
}
