#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "hub/access_key.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/key_hosts.hpp"
#include "hub/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace sallyport::hub {
namespace {

constexpr std::chrono::seconds key_lifetime_max = std::chrono::hours(24 * 3'660);
constexpr std::size_t description_bytes_max = 200;
constexpr mode_t key_file_mode = 0600;
constexpr int tries_max = 8;  // to find an id that is not taken

struct KeyOptions {
    std::string client;  // for revoke: the id of a key
    std::string tenant;
    std::string location;
    std::vector<std::string> hosts;
    std::string lifetime = "90d";
    std::string description;
    std::string out;
};

/// What is known without the dice.
Result<AccessKey> wanted(Store& store, const CommandContext& context, const KeyOptions& options) {
    const auto lifetime = parse_duration(options.lifetime);
    if (!lifetime) return lifetime.error();
    if (*lifetime <= std::chrono::seconds(0) || *lifetime > key_lifetime_max)
        return Error{Errc::malformed, "--lifetime must be above 0 and at most 3660d"};
    if (options.description.size() > description_bytes_max)
        return Error{Errc::malformed, "--description must not be longer than 200 bytes"};
    if (auto good = check_location(options.location); !good) return good.error();
    auto hosts = parse_key_hosts(options.hosts);
    if (!hosts) return Error{Errc::malformed, "--host: " + hosts.error().detail};
    const auto tenant = store.tenant_by_name(options.tenant);
    if (!tenant) return tenant.error();
    return AccessKey{.id = {},
                     .client_id = options.client,
                     .tenant_id = tenant->id,
                     .location = options.location,
                     .hosts = std::move(*hosts),
                     .description = options.description,
                     .created_at = context.time(),
                     .expires_at = context.time() + *lifetime};
}

Result<NewAccessKey> store_new(Store& store, AccessKey& key) {
    for (int tries = 1;; ++tries) {
        auto made = make_access_key();
        key.id = made.id;
        key.secret_hash = made.secret_hash;
        const auto done = store.add_access_key(key);
        if (done) return made;
        if (done.error().code != Errc::conflict || tries == tries_max) return done.error();
    }
}

/// A key to a place where nobody stands yet is allowed: the agent may come later.
Result<std::string> remark(Store& store, const AccessKey& key) {
    const auto agents = store.agents();
    if (!agents) return agents.error();
    for (const auto& agent : *agents)
        if (agent.key.tenant_id == key.tenant_id && !agent.revoked_at &&
            std::ranges::find(agent.locations, key.location, &GrantedLocation::name) !=
                agent.locations.end())
            return std::string();
    return "No agent of the tenant has the location \"" + key.location + "\" yet.\n";
}

std::string hosts_of(const AccessKey& key) {
    if (key.hosts.empty()) return "all";
    std::string text;
    for (const auto& host : key.hosts) text.append(text.empty() ? "" : ",").append(host);
    return text;
}

Result<CommandOutput> add(const CommandContext& context, const KeyOptions& options) {
    // It may hold another key, which is nowhere else.
    if (!options.out.empty() && std::filesystem::exists(options.out))
        return Error{Errc::conflict, options.out + " is there already; name another file"};
    auto store = open_store(context);
    if (!store) return store.error();
    auto key = wanted(*store, context, options);
    if (!key) return key.error();
    auto made = store_new(*store, *key);
    if (!made) return made.error();
    auto note = remark(*store, *key);
    if (!note) return note.error();
    log::info("client.key_added", {{"key", key->id}, {"client", key->client_id}});

    boost::json::object facts{{"id", key->id},
                              {"clientid", key->client_id},
                              {"tenant", options.tenant},
                              {"location", key->location},
                              {"hosts", boost::json::array(key->hosts.begin(), key->hosts.end())},
                              {"expires", to_text(key->expires_at)}};
    std::string text = "id:      " + key->id + "\nexpires: " + to_text(key->expires_at) +
                       "\nhosts:   " + hosts_of(*key) + "\n";
    if (options.out.empty()) {
        facts["key"] = made->text.reveal();
        text += "key:     " + std::string(made->text.reveal()) +
                "\nThe key is not stored and will not be shown again.\n";
        return CommandOutput{.json = std::move(facts), .text = std::move(text), .note = *note};
    }
    const auto written =
        replace_file(options.out, std::string(made->text.reveal()) + '\n', key_file_mode);
    if (!written) {
        // A key that nobody has is of no use to anybody.
        const auto revoked = store->revoke_access_key(key->id, context.time());
        return Error{written.error().code,
                     to_text(written.error()) +
                         (revoked ? "; no key was made" : "; revoke the key " + key->id)};
    }
    facts["file"] = options.out;
    return CommandOutput{.json = std::move(facts),
                         .text = text + "The key is in " + options.out + ".\n",
                         .note = *note};
}

std::string state_of(const AccessKey& key, TimePoint now) {
    if (key.revoked_at) return "revoked";
    return key.expires_at <= now ? "expired" : "valid";
}

Result<CommandOutput> list_access_keys(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto content = store->content();
    if (!content) return content.error();
    auto names = tenant_names(*content);

    boost::json::array all;
    std::vector<std::vector<std::string>> rows{
        {"ID", "CLIENT", "TENANT", "LOCATION", "HOSTS", "STATE", "EXPIRES", "USED", "DESCRIPTION"}};
    for (const auto& key : content->access_keys) {
        const auto state = state_of(key, context.time());
        const auto used = key.used_at ? to_text(*key.used_at) : std::string();
        all.push_back(
            boost::json::object{{"id", key.id},
                                {"clientid", key.client_id},
                                {"tenant", names[key.tenant_id]},
                                {"location", key.location},
                                {"hosts", boost::json::array(key.hosts.begin(), key.hosts.end())},
                                {"state", state},
                                {"created", to_text(key.created_at)},
                                {"expires", to_text(key.expires_at)},
                                {"used", used},
                                {"description", key.description}});
        rows.push_back({key.id, key.client_id, names[key.tenant_id], key.location, hosts_of(key),
                        state, to_text(key.expires_at), used.empty() ? "never" : used,
                        key.description});
    }
    return CommandOutput{.json = std::move(all), .text = table(rows)};
}

Result<CommandOutput> revoke(const CommandContext& context, const KeyOptions& options) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto key = store->revoke_access_key(options.client, context.time());
    if (!key) return key.error();
    log::info("client.key_revoked", {{"key", key->id}, {"client", key->client_id}});
    return CommandOutput{.json = boost::json::object{{"id", key->id}, {"clientid", key->client_id}},
                         .text = "The access key " + key->id + " of " + key->client_id +
                                 " is revoked; its streams end within a second.\n"};
}

}  // namespace

void add_client_key_commands(CLI::App& group, CommandContext& context) {
    auto& keys = *group.add_subcommand("key", "Access keys, for clients that speak RFC");
    keys.require_subcommand(1);
    const auto options = std::make_shared<KeyOptions>();

    auto& adding = *keys.add_subcommand("add", "Make an access key and print it");
    adding.add_option("client", options->client, "The client id, sb-...")->required();
    adding.add_option("--tenant", options->tenant, "The tenant it acts in")->required();
    adding.add_option("--location", options->location, "Of the agents it leads to");
    adding
        .add_option("--host", options->hosts,
                    "The only virtual host it is for, abap.virtual or abap.virtual:sapgw00; "
                    "repeat it for several")
        ->allow_extra_args(false);
    adding.add_option("--lifetime", options->lifetime, "How long it is valid, e.g. 90d")
        ->capture_default_str();
    adding.add_option("--description", options->description, "What it is for");
    adding.add_option("--out", options->out,
                      "Write the key to this file (0600), not to the output");
    on_run(adding, context, [&context, options] { return add(context, *options); });

    auto& listing = *keys.add_subcommand("list", "List the access keys, without their secrets");
    on_run(listing, context, [&context] { return list_access_keys(context); });

    auto& revoking = *keys.add_subcommand("revoke", "End a key and its streams");
    revoking.add_option("id", options->client, "The id of the key")->required();
    on_run(revoking, context, [&context, options] { return revoke(context, *options); });
}

}  // namespace sallyport::hub
