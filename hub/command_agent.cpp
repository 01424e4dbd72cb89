#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/join_token.hpp"
#include "certs/secret_hash.hpp"
#include "hub/authorities.hpp"
#include "hub/command_agent_report.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/join_token_hash.hpp"
#include "hub/names.hpp"
#include "hub/restoration.hpp"
#include "hub/witness_report.hpp"

#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace sallyport::hub {
namespace {

constexpr std::chrono::seconds join_token_validity_min = std::chrono::minutes(1);
constexpr std::chrono::seconds join_token_validity_max = std::chrono::days(7);

struct AgentOptions {
    std::string name;
    std::string tenant;
    std::vector<std::string> locations;
    bool shared = false;
    std::string valid = "1h";
    std::string key;
};

/// The tenant and the store it is in.
struct Place {
    Store store;
    Tenant tenant;
    AgentKey key(const AgentOptions& options) const { return {tenant.id, options.name}; }
};

Result<Place> place_of(const CommandContext& context, const AgentOptions& options) {
    if (const auto good = check_name("agent", options.name); !good) return good.error();
    auto store = open_store(context);
    if (!store) return store.error();
    auto tenant = store->tenant_by_name(options.tenant);
    // What agents know, and name in their advice, is the id.
    if (!tenant) {
        const auto all = store->tenants();
        if (!all) return all.error();
        const auto by_id = std::ranges::find(*all, options.tenant, &Tenant::id);
        if (by_id != all->end()) tenant = *by_id;
    }
    if (!tenant) return tenant.error();
    return Place{std::move(*store), std::move(*tenant)};
}

/// A join token in its two forms: what the administrator carries, and what the hub keeps.
struct NewJoinToken {
    Secret text;
    JoinTokenEntry entry;
};

Result<NewJoinToken> make_join_token(const CommandContext& context, const AgentOptions& options,
                                     const Agent& agent, Store& store) {
    const auto validity = parse_duration(options.valid);
    if (!validity) return validity.error();
    if (*validity < join_token_validity_min || *validity > join_token_validity_max)
        return Error{Errc::malformed, "a join token is valid for 1m to 7d, not " + options.valid};
    const auto facts = context.facts();
    if (!facts) return facts.error();
    const auto entries = store.authorities();
    if (!entries) return entries.error();
    const auto authorities = load_authorities(facts->state_folder, *entries);
    if (!authorities) return authorities.error();

    auto secret = certs::random_secret();
    JoinTokenEntry entry{.secret_hash = join_token_hash(secret.reveal()),
                         .agent = agent.key,
                         .expires_at = context.time() + *validity};
    const certs::JoinToken token{
        .hub_url = facts->url,
        .authority_key_hash = authorities->current.certificate().public_key_hash(),
        .tenant = agent.key.tenant_id,
        .agent = agent.key.name,
        .locations = location_names(agent),
        .secret = std::move(secret),
        .expiry = entry.expires_at};
    return NewJoinToken{token.encode(), std::move(entry)};
}

CommandOutput handed_over(const NewJoinToken& token, const std::string& tenant) {
    const std::string text(token.text.reveal());
    const auto expiry = to_text(token.entry.expires_at);
    return {.json = boost::json::object{{"agent", token.entry.agent.name},
                                        {"tenant", tenant},
                                        {"join_token", text},
                                        {"expires", expiry}},
            .text = text + '\n',
            .note = "This join token enrols the agent " + token.entry.agent.name + " once, until " +
                    expiry + ". It is not stored and will not be shown again.\n"};
}

Result<CommandOutput> add(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    Agent agent{.key = place->key(options), .created_at = context.time()};
    auto locations = options.locations;
    if (locations.empty()) locations.emplace_back();
    if (locations.size() > certs::join_token_locations_max)
        return Error{Errc::malformed, "an agent has at most " +
                                          std::to_string(certs::join_token_locations_max) +
                                          " locations"};
    for (auto& location : locations) {
        if (const auto good = check_location(location); !good) return good.error();
        agent.locations.push_back(
            {std::move(location), options.shared ? Sharing::shared : Sharing::alone});
    }
    const auto token = make_join_token(context, options, agent, place->store);
    if (!token) return token.error();
    const auto done = place->store.add_agent(agent, token->entry);
    if (!done) return done.error();
    log::info("agent.added", {{"tenant", place->tenant.name}, {"agent", options.name}});
    return handed_over(*token, place->tenant.name);
}

Result<CommandOutput> reissue(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto agent = place->store.agent(place->key(options));
    if (!agent) return agent.error();
    const auto token = make_join_token(context, options, *agent, place->store);
    if (!token) return token.error();
    const auto done = place->store.reissue(token->entry, context.time());
    if (!done) return done.error();
    log::info("agent.reissued", {{"tenant", place->tenant.name}, {"agent", options.name}});
    return handed_over(*token, place->tenant.name);
}

Result<CommandOutput> revoke(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto done = place->store.revoke_agent(place->key(options), context.time());
    if (!done) return done.error();
    log::info("agent.revoked", {{"tenant", place->tenant.name}, {"agent", options.name}});
    return CommandOutput{
        .json =
            boost::json::object{
                {"agent", options.name}, {"tenant", place->tenant.name}, {"revoked", true}},
        .text = "The agent " + options.name +
                " is revoked; a running hub ends its links within a second. To let it return, run "
                "sallyport-hub agent reissue " +
                options.name + " --tenant " + place->tenant.name + "\n"};
}

Result<CommandOutput> show(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto agent = place->store.agent(place->key(options));
    if (!agent) return agent.error();
    const auto certificates = place->store.certificates(agent->key);
    if (!certificates) return certificates.error();
    auto output = describe(*agent, place->tenant.name, *certificates);
    const auto facts = context.facts();
    if (!facts) return facts.error();
    const auto restored = restoration_of(facts->state_folder / "hub.db", agent->key);
    if (!restored) return restored.error();
    add_restoration(output, *restored);
    auto witness = WitnessStore::open(facts->state_folder / "witness.db");
    if (!witness) return witness.error();
    const auto logs = witness->logs(agent->key);
    if (!logs) return logs.error();
    tell_logs(output, *logs, place->tenant.name);
    return output;
}

Result<CommandOutput> list_agents(const CommandContext& context, const AgentOptions& options) {
    auto store = open_store(context);
    if (!store) return store.error();
    if (!options.tenant.empty())
        if (const auto known = store->tenant_by_name(options.tenant); !known) return known.error();
    const auto content = store->content();
    if (!content) return content.error();
    return list_agents(*content, options.tenant);
}

Result<CommandOutput> acknowledge(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto done = place->store.clear_alarm(place->key(options));
    if (!done) return done.error();
    log::info("agent.alarm_acknowledged",
              {{"tenant", place->tenant.name}, {"agent", options.name}});
    return CommandOutput{
        .json = boost::json::object{{"agent", options.name}, {"tenant", place->tenant.name}},
        .text =
            "The alarm of " + options.name + " is gone; a copy that returns raises it again.\n"};
}

/// The one key that waits and begins like this. An administrator names it, since another one may
/// have come to wait since they looked.
Result<Approval> find_waiting(Store& store, const AgentKey& agent, const std::string& key) {
    const auto all = store.approvals();
    if (!all) return all.error();
    std::string waiting;
    for (const auto& approval : *all) {
        if (approval.agent != agent) continue;
        if (key.size() >= approval_key_characters_min && approval.key_hash.starts_with(key))
            return approval;
        waiting += "\n  " + approval.key_hash + " (" + approval.what + ", asked for " +
                   to_text(approval.requested_at) + (approval.approved_at ? ", approved)" : ")");
    }
    if (waiting.empty())
        return Error{Errc::not_found, "nothing of the agent " + agent.name + " waits for approval"};
    return Error{Errc::conflict, "name the key with --key, at least its first " +
                                     std::to_string(approval_key_characters_min) +
                                     " characters, as the agent tells it. What waits:" + waiting};
}

Result<CommandOutput> approve(const CommandContext& context, const AgentOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto waiting = find_waiting(place->store, place->key(options), options.key);
    if (!waiting) return waiting.error();
    const auto done = place->store.approve(waiting->agent, waiting->key_hash, context.time());
    if (!done) return done.error();
    log::info("agent.approved", {{"tenant", place->tenant.name},
                                 {"agent", options.name},
                                 {"key_sha256", waiting->key_hash}});
    return CommandOutput{.json = boost::json::object{{"agent", options.name},
                                                     {"tenant", place->tenant.name},
                                                     {"what", waiting->what},
                                                     {"key_sha256", waiting->key_hash}},
                         .text = "Approved: " + waiting->what + " of " + options.name +
                                 " with the key " + waiting->key_hash + "\n"};
}

using AgentAct = Result<CommandOutput> (*)(const CommandContext&, const AgentOptions&);

CLI::App& add_action(CLI::App& group, CommandContext& context,
                     const std::shared_ptr<AgentOptions>& options, const char* name,
                     const char* help, AgentAct body) {
    auto& command = *group.add_subcommand(name, help);
    command.add_option("name", options->name, "The agent")->required();
    command.add_option("--tenant", options->tenant, "Its tenant")->required();
    on_run(command, context, [&context, options, body] { return body(context, *options); });
    return command;
}

}  // namespace

void add_agent_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("agent", "The agents that may attach");
    group.require_subcommand(1);
    const auto options = std::make_shared<AgentOptions>();

    auto& adding = add_action(group, context, options, "add",
                              "Add an agent and print the join token it enrols with", add);
    adding
        .add_option("--location", options->locations,
                    "A location it may serve (default: the default location)")
        ->allow_extra_args(false);  // --location A NAME: the name is not a second location
    adding.add_flag("--shared", options->shared,
                    "Other agents added with --shared may serve the same locations");
    adding.add_option("--valid", options->valid, "How long the join token is valid, 1m to 7d");

    auto& reissuing =
        add_action(group, context, options, "reissue",
                   "Print a new join token for an agent, also a revoked one", reissue);
    reissuing.add_option("--valid", options->valid, "How long the join token is valid, 1m to 7d");

    add_action(group, context, options, "revoke", "Shut an agent out, with all its certificates",
               revoke);
    auto& approving = add_action(group, context, options, "approve",
                                 "Let a certificate pass that waits for you", approve);
    approving.add_option(
        "--key", options->key,
        "SHA-256 of its key as the agent tells it, or how that begins (16 characters); "
        "without it, says what waits");
    add_action(group, context, options, "acknowledge",
               "Take back a clone alarm, once the copy is gone", acknowledge);
    add_action(group, context, options, "show", "Show an agent and its certificates", show);

    auto& listing = *group.add_subcommand("list", "List the agents");
    listing.add_option("--tenant", options->tenant, "Only those of one tenant");
    on_run(listing, context, [&context, options] { return list_agents(context, *options); });
}

}  // namespace sallyport::hub
