#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/names.hpp"
#include "net/endpoint.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <memory>

namespace sallyport::hub {
namespace {

struct ChannelOptions {
    std::string name;
    std::string tenant;
    std::string agent;
    std::optional<std::string> location;
    std::string target;
};

Result<CommandOutput> add(const CommandContext& context, const ChannelOptions& options) {
    if (auto good = check_name("channel", options.name); !good) return good.error();
    if (options.location)
        if (auto good = check_location(*options.location); !good) return good.error();
    const auto target = net::HostPort::parse(options.target);
    if (!target || target->host.empty() || target->port == 0)
        return Error{Errc::malformed, "--target must be host:port"};
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenant = store->tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    const auto done = store->add_channel({.tenant_id = tenant->id,
                                          .name = options.name,
                                          .agent = options.agent,
                                          .location = options.location,
                                          .target = options.target,
                                          .created_at = context.time()});
    if (!done) return done.error();
    log::info("channel.added",
              {{"channel", options.name}, {"tenant", options.tenant}, {"target", options.target}});
    return CommandOutput{.json = boost::json::object{{"name", options.name},
                                                     {"tenant", options.tenant},
                                                     {"target", options.target}},
                         .text = "The channel " + options.name + " leads to " + options.target +
                                 ". At the agent, add to agent.toml:\n\n[[channel]]\nname = \"" +
                                 options.name + "\"\nlisten = \"127.0.0.1:PORT\"\n"};
}

Result<CommandOutput> list_channels(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto content = store->content();
    if (!content) return content.error();
    auto names = tenant_names(*content);

    boost::json::array all;
    std::vector<std::vector<std::string>> rows{{"NAME", "TENANT", "AGENT", "LOCATION", "TARGET"}};
    for (const auto& channel : content->channels) {
        boost::json::object facts{
            {"name", channel.name},     {"tenant", names[channel.tenant_id]},
            {"agent", channel.agent},   {"location", nullptr},
            {"target", channel.target}, {"created", to_text(channel.created_at)}};
        if (channel.location) facts["location"] = *channel.location;
        all.push_back(std::move(facts));
        rows.push_back(
            {channel.name, names[channel.tenant_id], channel.agent.empty() ? "any" : channel.agent,
             channel.location ? "\"" + *channel.location + "\"" : "any", channel.target});
    }
    return CommandOutput{.json = std::move(all), .text = table(rows)};
}

Result<CommandOutput> remove(const CommandContext& context, const ChannelOptions& options) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto tenant = store->tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    if (auto done = store->remove_channel(tenant->id, options.name); !done) return done.error();
    log::info("channel.removed", {{"channel", options.name}, {"tenant", options.tenant}});
    return CommandOutput{
        .json = boost::json::object{{"name", options.name}, {"tenant", options.tenant}},
        .text =
            "The channel " + options.name + " is removed; its connections end within a second.\n"};
}

}  // namespace

void add_channel_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("channel", "Services that agents may reach from their side");
    group.require_subcommand(1);
    const auto options = std::make_shared<ChannelOptions>();

    auto& adding = *group.add_subcommand("add", "Let agents of a tenant reach a service");
    adding.add_option("name", options->name, "As the agents call it")->required();
    adding.add_option("--tenant", options->tenant, "The tenant of the agents")->required();
    adding.add_option("--target", options->target, "host:port of the service, dialled by the hub")
        ->required();
    auto* agent = adding.add_option("--agent", options->agent, "The only agent that may open it");
    adding.add_option("--location", options->location, "The only location that may open it")
        ->excludes(agent);
    on_run(adding, context, [&context, options] { return add(context, *options); });

    auto& listing = *group.add_subcommand("list", "List the channels");
    on_run(listing, context, [&context] { return list_channels(context); });

    auto& removing = *group.add_subcommand("remove", "Remove a channel, and end its connections");
    removing.add_option("name", options->name, "Its name")->required();
    removing.add_option("--tenant", options->tenant, "The tenant of the agents")->required();
    on_run(removing, context, [&context, options] { return remove(context, *options); });
}

}  // namespace sallyport::hub
