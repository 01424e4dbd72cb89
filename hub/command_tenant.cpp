#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <memory>

namespace sallyport::hub {
namespace {

struct TenantOptions {
    std::string name;
    std::string subdomain;
};

boost::json::object json_of(const Tenant& tenant) {
    return {{"id", tenant.id},
            {"name", tenant.name},
            {"subdomain", tenant.subdomain},
            {"enabled", tenant.enabled}};
}

Result<CommandOutput> add(const CommandContext& context, const TenantOptions& options) {
    if (const auto good = check_name("tenant", options.name); !good) return good.error();
    const Tenant tenant{
        .id = random_id(),
        .name = options.name,
        .subdomain = options.subdomain.empty() ? to_lower(options.name) : options.subdomain};
    if (const auto good = check_subdomain(tenant.subdomain); !good) return good.error();
    auto store = open_store(context);
    if (!store) return store.error();
    if (const auto done = store->add_tenant(tenant, context.time()); !done) return done.error();
    log::info("tenant.added", {{"tenant", tenant.name}, {"id", tenant.id}});
    return CommandOutput{.json = json_of(tenant),
                         .text = "Added the tenant " + tenant.name + " (" + tenant.id +
                                 "), subdomain " + tenant.subdomain + ".\n"};
}

Result<CommandOutput> list_tenants(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenants = store->tenants();
    if (!tenants) return tenants.error();
    boost::json::array all;
    std::vector<std::vector<std::string>> rows{{"NAME", "SUBDOMAIN", "STATE", "ID"}};
    for (const auto& tenant : *tenants) {
        all.push_back(json_of(tenant));
        rows.push_back(
            {tenant.name, tenant.subdomain, tenant.enabled ? "enabled" : "disabled", tenant.id});
    }
    return CommandOutput{.json = std::move(all), .text = table(rows)};
}

Result<CommandOutput> enable(const CommandContext& context, const TenantOptions& options,
                             bool enabled) {
    auto store = open_store(context);
    if (!store) return store.error();
    auto tenant = store->tenant_by_name(options.name);
    if (!tenant) return tenant.error();
    if (const auto done = store->enable_tenant(tenant->id, enabled); !done) return done.error();
    tenant->enabled = enabled;
    const std::string state = enabled ? "enabled" : "disabled";
    log::info("tenant." + state, {{"tenant", tenant->name}});
    return CommandOutput{.json = json_of(*tenant),
                         .text = "The tenant " + tenant->name + " is " + state + ".\n"};
}

}  // namespace

void add_tenant_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("tenant", "The accounts at this hub");
    group.require_subcommand(1);
    const auto options = std::make_shared<TenantOptions>();

    auto& adding = *group.add_subcommand("add", "Add a tenant");
    adding.add_option("name", options->name, "Its name")->required();
    adding.add_option("--subdomain", options->subdomain,
                      "DNS label of its token URL (default: the name)");
    on_run(adding, context, [&context, options] { return add(context, *options); });

    auto& listing = *group.add_subcommand("list", "List the tenants");
    on_run(listing, context, [&context] { return list_tenants(context); });

    auto& enabling = *group.add_subcommand("enable", "Let a disabled tenant in again");
    enabling.add_option("name", options->name, "Its name")->required();
    on_run(enabling, context, [&context, options] { return enable(context, *options, true); });

    auto& disabling = *group.add_subcommand("disable", "Shut out a tenant's clients and agents");
    disabling.add_option("name", options->name, "Its name")->required();
    on_run(disabling, context, [&context, options] { return enable(context, *options, false); });
}

}  // namespace sallyport::hub
