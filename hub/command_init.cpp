#include "base/bytes.hpp"
#include "base/log.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/state.hpp"

#include <boost/json/object.hpp>

#include <CLI/App.hpp>

namespace sallyport::hub {
namespace {

Result<CommandOutput> init(const CommandContext& context) {
    const auto facts = context.facts();
    if (!facts) return facts.error();
    const auto state = create_state(facts->state_folder, facts->name, context.now());
    if (!state) return state.error();

    const auto folder = state->folder.string();
    const auto hash = to_hex(state->authority.certificate().public_key_hash());
    log::info("hub.initialised", {{"folder", folder}, {"authority_key_sha256", hash}});
    return CommandOutput{
        .json =
            boost::json::object{
                {"name", facts->name}, {"state", folder}, {"authority_key_sha256", hash}},
        .text = "The hub " + facts->name + " is ready in " + folder +
                ".\n"
                "SHA-256 of its authority's key: " +
                hash +
                "\n"
                "Keep a copy of " +
                folder +
                "/ca.key in a safe place.\n"
                "Next: sallyport-hub tenant add NAME, then sallyport-hub agent add NAME --tenant "
                "T\n"};
}

}  // namespace

void add_init_command(CLI::App& app, CommandContext& context) {
    auto& command = *app.add_subcommand("init", "Make the keys and the database of a new hub");
    on_run(command, context, [&context] { return init(context); });
}

}  // namespace sallyport::hub
