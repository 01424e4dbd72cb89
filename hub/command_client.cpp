#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/secret_hash.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <memory>

namespace sallyport::hub {
namespace {

struct ClientOptions {
    std::string name;  // for add; else the id
    std::string tenant;
    std::vector<std::string> subscribe;
};

Result<CommandOutput> add(const CommandContext& context, const ClientOptions& options) {
    if (const auto good = check_name("client", options.name); !good) return good.error();
    auto store = open_store(context);
    if (!store) return store.error();
    const auto owner = store->tenant_by_name(options.tenant);
    if (!owner) return owner.error();
    const auto secret = certs::random_secret();
    Client client{.id = "sb-" + options.name,
                  .tenant_id = owner->id,
                  .secret_hash = certs::hash_secret(secret.reveal())};
    for (const auto& name : options.subscribe) {
        const auto tenant = store->tenant_by_name(name);
        if (!tenant) return tenant.error();
        if (tenant->id != owner->id) client.subscribed_tenant_ids.push_back(tenant->id);
    }
    if (const auto done = store->add_client(client, context.time()); !done) return done.error();
    log::info("client.added", {{"client", client.id}, {"tenant", owner->name}});
    return CommandOutput{
        .json = boost::json::object{{"clientid", client.id}, {"clientsecret", secret.reveal()}},
        .text = "clientid:     " + client.id + "\nclientsecret: " + std::string(secret.reveal()) +
                "\nThe secret is not stored and will not be shown again.\n"};
}

Result<CommandOutput> list_clients(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto content = store->content();
    if (!content) return content.error();
    auto names = tenant_names(*content);

    boost::json::array all;
    std::vector<std::vector<std::string>> rows{{"CLIENT", "TENANT", "STATE", "SUBSCRIBED"}};
    for (const auto& client : content->clients) {
        boost::json::array subscribed;
        std::string joined;
        for (const auto& id : client.subscribed_tenant_ids) {
            subscribed.emplace_back(names[id]);
            joined += (joined.empty() ? "" : ",") + names[id];
        }
        all.push_back(boost::json::object{{"clientid", client.id},
                                          {"tenant", names[client.tenant_id]},
                                          {"enabled", client.enabled},
                                          {"subscribed", std::move(subscribed)}});
        rows.push_back(
            {client.id, names[client.tenant_id], client.enabled ? "enabled" : "disabled", joined});
    }
    return CommandOutput{.json = std::move(all), .text = table(rows)};
}

Result<CommandOutput> enable(const CommandContext& context, const ClientOptions& options,
                             bool enabled) {
    auto store = open_store(context);
    if (!store) return store.error();
    if (const auto done = store->enable_client(options.name, enabled); !done) return done.error();
    const std::string state = enabled ? "enabled" : "disabled";
    log::info("client." + state, {{"client", options.name}});
    return CommandOutput{
        .json = boost::json::object{{"clientid", options.name}, {"enabled", enabled}},
        .text = "The client " + options.name + " is " + state + ".\n"};
}

Result<CommandOutput> subscribe(const CommandContext& context, const ClientOptions& options,
                                bool subscribed) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenant = store->tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    const auto done = subscribed ? store->subscribe(options.name, tenant->id)
                                 : store->unsubscribe(options.name, tenant->id);
    if (!done && subscribed && done.error().code == Errc::not_found)
        return Error{Errc::not_found,
                     "there is no client " + options.name + "; see sallyport-hub client list"};
    if (!done) return done.error();
    const std::string state = subscribed ? "subscribed" : "unsubscribed";
    log::info("client." + state, {{"client", options.name}, {"tenant", tenant->name}});
    return CommandOutput{
        .json =
            boost::json::object{
                {"clientid", options.name}, {"tenant", tenant->name}, {"subscribed", subscribed}},
        .text = "The client " + options.name + " is " + (subscribed ? "" : "no longer ") +
                "subscribed to the tenant " + tenant->name + ".\n"};
}

using ClientAct = Result<CommandOutput> (*)(const CommandContext&, const ClientOptions&, bool);

CLI::App& add_switch(CLI::App& group, CommandContext& context,
                     const std::shared_ptr<ClientOptions>& options, const char* name,
                     const char* help, ClientAct body, bool on) {
    auto& command = *group.add_subcommand(name, help);
    command.add_option("client", options->name, "The client id, sb-...")->required();
    on_run(command, context, [&context, options, body, on] { return body(context, *options, on); });
    return command;
}

}  // namespace

void add_client_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("client", "The applications that may ask for tokens");
    group.require_subcommand(1);
    const auto options = std::make_shared<ClientOptions>();

    auto& adding = *group.add_subcommand("add", "Add a client and print its secret");
    adding.add_option("name", options->name, "Its name; the client id is sb-NAME")->required();
    adding.add_option("--tenant", options->tenant, "The tenant that owns it")->required();
    adding.add_option("--subscribe", options->subscribe, "A further tenant it may act in")
        ->allow_extra_args(false);
    on_run(adding, context, [&context, options] { return add(context, *options); });

    auto& listing = *group.add_subcommand("list", "List the clients");
    on_run(listing, context, [&context] { return list_clients(context); });

    add_switch(group, context, options, "enable", "Let a disabled client in again", enable, true);
    add_switch(group, context, options, "disable", "Refuse a client, also with tokens it has",
               enable, false);
    for (const auto& [name, help, on] :
         {std::tuple{"subscribe", "Let a client act in a further tenant", true},
          std::tuple{"unsubscribe", "Take a tenant from a client", false}})
        add_switch(group, context, options, name, help, subscribe, on)
            .add_option("--tenant", options->tenant, "The tenant")
            ->required();
    add_client_key_commands(group, context);
}

}  // namespace sallyport::hub
