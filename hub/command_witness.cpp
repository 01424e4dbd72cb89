#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/witness_key.hpp"
#include "hub/witness_report.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace sallyport::hub {
namespace {

struct WitnessOptions {
    std::string agent;
    std::string tenant;
    std::string origin;  // empty: the newest log; every one
    std::string code;    // empty: every one
    std::string file;
};

/// The agent, and what was countersigned of it.
struct WitnessPlace {
    AgentKey agent;
    Store hub;
    WitnessStore store;
};

Result<WitnessStore> open_witness(const CommandContext& context) {
    const auto facts = context.facts();
    if (!facts) return facts.error();
    return WitnessStore::open(facts->state_folder / "witness.db");
}

Result<WitnessPlace> place_of(const CommandContext& context, const WitnessOptions& options) {
    auto store = open_store(context);
    if (!store) return store.error();
    auto witness = open_witness(context);
    if (!witness) return witness.error();
    // What was countersigned outlives the agent and its tenant, which then is told by its id.
    const auto tenant = store->tenant_by_name(options.tenant);
    AgentKey agent{tenant ? tenant->id : options.tenant, options.agent};
    const auto countersigned = witness->logs(agent);
    if (!countersigned) return countersigned.error();
    if (countersigned->logs.empty() && countersigned->alarms.empty()) {
        if (!tenant) return tenant.error();
        if (const auto known = store->agent(agent); !known) return known.error();
    }
    return WitnessPlace{std::move(agent), std::move(*store), std::move(*witness)};
}

Result<CommandOutput> key(const CommandContext& context) {
    const auto facts = context.facts();
    if (!facts) return facts.error();
    if (const auto hub = open_store(context); !hub) return hub.error();
    const auto witness = load_witness_key(facts->state_folder, facts->name);
    if (!witness) return witness.error();
    auto text = witness->verifier().to_text();
    return CommandOutput{.json = boost::json::object{{"key", text}}, .text = text + "\n"};
}

Result<CommandOutput> list_logs(const CommandContext& context) {
    auto store = open_store(context);
    if (!store) return store.error();
    const auto content = store->content();
    if (!content) return content.error();
    auto witness = open_witness(context);
    if (!witness) return witness.error();
    const auto agents = witness->all();
    if (!agents) return agents.error();
    return list_logs(*agents, tenant_names(*content));
}

Result<CommandOutput> show_checkpoint(const CommandContext& context,
                                      const WitnessOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto known = place->store.logs(place->agent);
    if (!known) return known.error();
    const auto& logs = known->logs;
    if (logs.empty())
        return Error{Errc::not_found,
                     "nothing of the audit log of " + options.agent + " was countersigned yet"};
    const auto found = options.origin.empty()
                           ? std::prev(logs.end())
                           : std::ranges::find(logs, options.origin, &KnownLog::origin);
    if (found == logs.end())
        return Error{Errc::not_found, "the hub knows no log " + options.origin +
                                          " of this agent; see sallyport-hub witness list"};
    auto facts = to_json(*found, *known);
    facts["agent"] = options.agent;
    facts["tenant"] = options.tenant;
    facts["note"] = found->note;
    CommandOutput output{.json = std::move(facts), .text = found->note};
    for (const auto& alarm : known->alarms)
        if (alarm.log == found->origin)
            output.note += "ALARM " + alarm.code + ": " + alarm.text + "\n";
    if (options.file.empty()) return output;
    if (auto written = replace_file(options.file, found->note, 0644); !written)
        return written.error();
    output.text = "The checkpoint at " + std::to_string(found->size) + " records is in " +
                  options.file + "\n";
    return output;
}

/// One line, as it stands on record.
std::string describe(const LogAlarm& alarm) {
    return alarm.code + (alarm.log.empty() ? "" : " " + alarm.log) + ", " +
           std::to_string(alarm.count) + " times, last at " + to_text(alarm.raised_at);
}

Result<CommandOutput> accept(const CommandContext& context, const WitnessOptions& options) {
    auto place = place_of(context, options);
    if (!place) return place.error();
    const auto known = place->store.logs(place->agent);
    if (!known) return known.error();
    auto seen = known->alarms;
    std::erase_if(seen, [&](const LogAlarm& alarm) {
        return (!options.origin.empty() && alarm.log != options.origin) ||
               (!options.code.empty() && alarm.code != options.code);
    });
    if (seen.empty())
        return Error{Errc::not_found,
                     "there is no such alarm about the audit log of " + options.agent};
    std::string text;
    boost::json::array accepted;
    for (const auto& alarm : seen) {
        text += (text.empty() ? "" : "; ") + describe(alarm);
        accepted.push_back(boost::json::object{{"log", alarm.log}, {"code", alarm.code}});
    }
    // On record first: an alarm that is taken back must not be gone without that.
    const auto noted = place->hub.note_act({.act = "witness.accept",
                                            .tenant_id = place->agent.tenant_id,
                                            .object = place->agent.name,
                                            .before = text});
    if (!noted) return noted.error();
    // What was raised since then stays.
    const auto done = place->store.change(place->agent, {}, [&](AgentLogs& own, AgentLogs*) {
        std::erase_if(own.alarms, [&](const LogAlarm& alarm) {
            return std::ranges::find(seen, alarm) != seen.end();
        });
    });
    if (!done) return done.error();
    log::info("witness.alarm_accepted",
              {{"agent", options.agent}, {"tenant", options.tenant}, {"alarms", text}});
    return CommandOutput{
        .json = boost::json::object{{"agent", options.agent},
                                    {"tenant", options.tenant},
                                    {"accepted", std::move(accepted)}},
        .text = "Alarms taken back: " + text + ". What was countersigned stays what it is.\n"};
}

}  // namespace

void add_witness_command(CLI::App& app, CommandContext& context) {
    auto& group = *app.add_subcommand("witness", "What the hub has countersigned of audit logs");
    group.require_subcommand(1);
    const auto options = std::make_shared<WitnessOptions>();

    auto& telling =
        *group.add_subcommand("key", "Print the key that countersigns, as auditors need it");
    on_run(telling, context, [&context] { return key(context); });

    auto& listing = *group.add_subcommand("list", "List the logs that were countersigned");
    on_run(listing, context, [&context] { return list_logs(context); });

    const auto add = [&](const char* name, const char* help, auto body) -> CLI::App& {
        auto& command = *group.add_subcommand(name, help);
        command.add_option("name", options->agent, "The agent")->required();
        command.add_option("--tenant", options->tenant, "Its tenant")->required();
        on_run(command, context, [&context, options, body] { return body(context, *options); });
        return command;
    };
    auto& showing =
        add("show", "Print the checkpoint of an agent's log that was countersigned last",
            show_checkpoint);
    showing.add_option("--log", options->origin, "An older log, by its name");
    showing.add_option("--out", options->file, "Write it to this file");
    auto& accepting =
        add("accept", "Take back the alarms about an agent's log, once you know why", accept);
    accepting.add_option("--log", options->origin, "Only those about this log");
    accepting.add_option("--code", options->code, "Only those with this code");
}

}  // namespace sallyport::hub
