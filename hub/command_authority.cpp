// `ca`: from one authority of the hub to the next.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/authorities.hpp"
#include "hub/authority_change.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/state.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <CLI/App.hpp>
#include <memory>

namespace sallyport::hub {
namespace {

namespace json = boost::json;

constexpr std::size_t names_shown_max = 10;

json::array array_of(const std::vector<std::string>& names) {
    json::array array;
    for (const auto& name : names) array.emplace_back(name);
    return array;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < names_shown_max; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return names.size() > names_shown_max ? text + ", ..." : text;
}

/// Everything that a step looks at.
struct Scene {
    HubFacts facts;
    Store store;
    std::vector<AuthorityEntry> entries;
    Authorities authorities;
    AuthorityProgress progress;
};

Result<Scene> look(const CommandContext& context) {
    auto facts = context.facts();
    if (!facts) return facts.error();
    auto store = open_store(context);
    if (!store) return store.error();
    auto entries = store->authorities();
    if (!entries) return entries.error();
    auto authorities = load_authorities(facts->state_folder, *entries);
    if (!authorities) return authorities.error();
    const auto content = store->content();
    if (!content) return content.error();
    auto progress =
        authorities->next
            ? progress_towards(key_hash_text(authorities->next->certificate()), *content)
            : AuthorityProgress{};
    return Scene{std::move(*facts), std::move(*store), std::move(*entries), std::move(*authorities),
                 std::move(progress)};
}

CommandOutput describe(const Scene& scene) {
    const auto phase = phase_of(scene.entries);
    const auto& progress = scene.progress;
    json::object out{{"phase", to_text(phase)},
                     {"current", key_hash_text(scene.authorities.current.certificate())},
                     {"issuer", key_hash_text(scene.authorities.issuing().certificate())}};
    std::string text = "phase " + std::string(to_text(phase)) +
                       "\ncurrent authority, SHA-256 of its key: " +
                       key_hash_text(scene.authorities.current.certificate()) + "\n";
    if (!scene.authorities.next) return {std::move(out), text + "next: sallyport-hub ca prepare\n"};
    const auto next = key_hash_text(scene.authorities.next->certificate());
    out["next"] = next;
    out["agents"] = progress.agents;
    out["trust_next"] = progress.agents - progress.without_next.size();
    out["from_next"] = progress.agents - progress.from_current.size();
    out["without_next"] = array_of(progress.without_next);
    out["from_current"] = array_of(progress.from_current);
    const auto of_all = " of " + std::to_string(progress.agents) + " agents ";
    text += "next authority, SHA-256 of its key:    " + next + "\n" +
            std::to_string(progress.agents - progress.without_next.size()) + of_all +
            "trust the next one" +
            (progress.without_next.empty() ? "" : "; not yet: " + listed(progress.without_next)) +
            "\n" + std::to_string(progress.agents - progress.from_current.size()) + of_all +
            "have a certificate from it" +
            (progress.from_current.empty() ? "" : "; not yet: " + listed(progress.from_current)) +
            "\n";
    return {std::move(out), std::move(text)};
}

/// What stands in the way of a step, unless it is forced.
Result<void> check_ready(const Scene& scene, AuthorityStep step) {
    const auto refuse = [](const std::string& why, const std::vector<std::string>& names) {
        return Error{Errc::conflict, why + ": " + listed(names) +
                                         ". Wait for them, revoke those that are gone, or say "
                                         "--force: the others must then be enrolled again"};
    };
    if (step == AuthorityStep::activate && !scene.progress.without_next.empty())
        return refuse("these agents do not trust the next authority yet",
                      scene.progress.without_next);
    if (step == AuthorityStep::retire && !scene.progress.from_current.empty())
        return refuse("these agents still show a certificate of the current authority",
                      scene.progress.from_current);
    const bool is_last = phase_of(scene.entries) == AuthorityPhase::prepared;
    if (step == AuthorityStep::rollback && is_last && !scene.progress.from_next.empty())
        return refuse("these agents still show a certificate of the next authority",
                      scene.progress.from_next);
    return {};
}

Result<CommandOutput> status(const CommandContext& context) {
    const auto scene = look(context);
    if (!scene) return scene.error();
    return describe(*scene);
}

Result<CommandOutput> step(const CommandContext& context, AuthorityStep what, bool force) {
    auto scene = look(context);
    if (!scene) return scene.error();
    const auto after = take_step(scene->entries, what, context.time());
    if (!after) return after.error();
    if (!force)
        if (const auto ready = check_ready(*scene, what); !ready) return ready.error();
    if (what == AuthorityStep::prepare) {
        // The files first: what the database names must be there.
        const auto made =
            create_authority(scene->facts.state_folder, after->back().number, context.now());
        if (!made) return made.error();
    }
    const auto changed = scene->store.change_authorities(scene->entries, *after);
    if (!changed) return changed.error();
    auto then = look(context);
    if (!then) return then.error();
    log::info("authority.changed", {{"phase", to_text(phase_of(then->entries))}});
    return describe(*then);
}

}  // namespace

void add_authority_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("ca", "The hub's own authority, and the way to the next one");
    group.require_subcommand(1);
    on_run(*group.add_subcommand("status", "Show the phase, and how far the agents have come"),
           context, [&context] { return status(context); });
    const auto force = std::make_shared<bool>(false);
    const auto add = [&](const char* name, const char* help, AuthorityStep what) {
        auto& command = *group.add_subcommand(name, help);
        command.add_flag("--force", *force, "Also if agents are not ready for it");
        on_run(command, context, [&context, what, force] { return step(context, what, *force); });
    };
    add("prepare", "Make the next authority and let agents trust it", AuthorityStep::prepare);
    add("activate", "Give agents certificates of the next authority", AuthorityStep::activate);
    add("retire", "Trust the next authority only", AuthorityStep::retire);
    add("rollback", "Go back one phase", AuthorityStep::rollback);
    add_external_commands(group, context);
}

}  // namespace sallyport::hub
