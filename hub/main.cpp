#include "base/log.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/admin_https.hpp"
#include "daemon/audit_command.hpp"
#include "daemon/configured_witnesses.hpp"
#include "daemon/ownership.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/command_context.hpp"
#include "hub/command_doctor.hpp"
#include "hub/command_status.hpp"
#include "hub/commands.hpp"
#include "hub/config_at_start.hpp"
#include "hub/hub.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace {

using namespace sallyport;

/// `run`: the hub itself, until a signal ends it.
int run(const std::string& file, hub::OnBroken on_broken) {
    auto start = hub::config_at_start(file, on_broken);
    if (!start) {
        std::cerr << start.error().detail << '\n';
        return 2;
    }
    log::start("sallyport-hub", start->config.log);
    const auto state_folder = start->config.state_folder;
    auto hub = hub::Hub::create(std::move(*start));
    int code = 0;
    if (hub) {
        (*hub)->run();
    } else {
        std::cerr << "sallyport-hub: " << to_text(hub.error()) << '\n'
                  << daemon::ownership_line(hub.error(), state_folder);
        code = 1;
    }
    if (hub) hub->reset();
    log::stop();
    return code;
}

int check(const std::string& file) {
    const auto config = hub::Config::load(file);
    if (!config) {
        std::cerr << config.error().detail << '\n';
        return 1;
    }
    const auto lists = hub::AgentRevocation::read(config->crl_files);
    if (!lists) {
        std::cerr << to_text(lists.error()) << '\n';
        return 1;
    }
    if (const auto admin = daemon::AdminHttps::check(config->admin); !admin) {
        std::cerr << to_text(admin.error()) << '\n';
        return 1;
    }
    bool warned = false;
    for (const auto& fault : lists->faults(std::chrono::system_clock::now())) {
        std::cerr << "warning: " << fault << '\n';
        warned = true;
    }
    for (const auto& fault : daemon::witness_warnings(config->audit.witnesses)) {
        std::cerr << "warning: " << fault << '\n';
        warned = true;
    }
    std::cout << file << (warned ? " is valid, with warnings\n" : " is valid\n");
    return 0;
}

/// With port 0 the kernel chose the port, and only the running hub knows it.
std::string url_of(const hub::Config& config) {
    constexpr std::string_view unknown_port = ":0";
    if (!config.url.ends_with(unknown_port)) return config.url;
    const auto status = daemon::ask_daemon(config.admin_socket, "GET", "/v1/status");
    if (!status) return config.url;
    const auto& address = status->at("listen").at("tls").as_string();
    const auto url =
        std::string_view(config.url).substr(0, config.url.size() - unknown_port.size());
    return std::string(url) + std::string(address.subview(address.rfind(':')));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The hub of Sallyport: hands requests of cloud applications to agents."};
    app.set_version_flag("--version", SALLYPORT_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    const std::string config_default = "/etc/sallyport-hub/hub.toml";
    auto file = config_default;
    app.add_option("--config", file, "configuration file")->capture_default_str();

    int code = 0;
    auto* serve = app.add_subcommand("run", "serve until a signal ends it");
    bool fail = false;
    serve->add_flag("--no-last-good", fail,
                    "end if the configuration is broken, instead of starting with what it leaves "
                    "of the last good one");
    serve->callback(
        [&] { code = run(file, fail ? hub::OnBroken::fail : hub::OnBroken::use_last_good); });
    app.add_subcommand("check", "say whether the configuration is valid")->callback([&] {
        code = check(file);
    });
    hub::CommandContext context{
        .facts = [&]() -> Result<hub::HubFacts> {
            auto config = hub::Config::load(file);
            if (!config) return config.error();
            return hub::HubFacts{config->name, url_of(*config), config->state_folder};
        },
        .out = std::cout,
        .err = std::cerr};
    hub::add_init_command(app, context);
    hub::add_tenant_command(app, context);
    hub::add_client_command(app, context);
    hub::add_agent_command(app, context);
    hub::add_channel_command(app, context);
    hub::add_authority_command(app, context);
    hub::add_witness_command(app, context);
    const auto socket = [&]() -> Result<std::filesystem::path> {
        // Also of a hub that had to start with the last good configuration.
        const auto config = hub::config_at_start(file, hub::OnBroken::use_last_good);
        if (config) return config->config.admin_socket;
        // Members of the admin and view groups need not read the configuration to ask the hub.
        const bool unreadable = config.error().code == boost::system::errc::permission_denied;
        if (unreadable && file == config_default)
            return std::filesystem::path(hub::admin_socket_default);
        return config.error();
    };
    hub::add_status_command(app, context, socket);
    hub::add_ready_command(app, context, socket);
    hub::add_reload_command(app, context, socket);
    hub::add_monitor_commands(app, context, socket);
    hub::add_doctor_commands(app, context, file);
    daemon::AuditCommandContext audit{
        .folder = [&]() -> Result<std::filesystem::path> {
            const auto config = hub::Config::load(file);
            if (!config) return config.error();
            return config->audit_folder();
        },
        .out = std::cout,
        .err = std::cerr,
        .program = "sallyport-hub",
        .socket = socket,
        .tenant_id = [&](const std::string& name) { return hub::tenant_id_of(context, name); }};
    daemon::add_audit_commands(app, audit);
    hub::add_audit_daemon_commands(*app.get_subcommand("audit"), context, socket);
    hub::add_audit_retention_command(*app.get_subcommand("audit"), context, socket);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (code != 0) return code;
    return context.exit_code != 0 ? context.exit_code : audit.exit_code;
}
