#include "agent/command_mappings.hpp"

#include "agent/command_overrides.hpp"
#include "agent/config_command.hpp"
#include "agent/mapping_text.hpp"
#include "base/error.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

namespace sallyport::agent {
namespace {

struct EditCommand {
    EditOptions options{};
    EditTarget target{};
    std::size_t rule = 0;
    bool at_run_time = false;
};

/// One mapping, or some of its rules, or a scenario.
void add_target(CLI::App& command, EditCommand& edit) {
    command.add_option("virtual", edit.target.name, "the mapping, host:port");
    auto* rule = command.add_option("--rule", edit.rule, "this rule of it, by its number from 1");
    auto* path =
        command.add_option("--path", edit.target.path, "its rules with this path (or function)");
    rule->excludes(path);
    command.add_option("--scenario", edit.target.scenario,
                       "all rules of this scenario, of this mapping or of all");
    add_edit_options(command, edit.options);
}

Result<EditTarget> target_of(const EditCommand& edit) {
    auto target = edit.target;
    if (edit.rule != 0) target.rule = edit.rule;
    if (target.name.empty() && (target.scenario.empty() || target.rule || !target.path.empty()))
        return Error{Errc::malformed, "name a mapping, or a scenario with --scenario"};
    return target;
}

Result<CommandOutput> change_enabled(CommandContext& context, const EditCommand& command,
                                     bool enabled) {
    const auto target = target_of(command);
    if (!target) return target.error();
    if (command.at_run_time) {
        if (target->is_about_rules())
            return Error{Errc::malformed, "--override is for a whole mapping, not for its rules"};
        return override_enabled(context, command.options.socket, target->name, enabled);
    }
    auto edit = open_files(context);
    if (!edit) return edit.error();
    const auto before = edit->documents();
    if (auto done = edit->set_enabled(*target, enabled); !done) return done.error();
    return put_into_files(context, command.options, before, *edit,
                          target->is_about_rules() ? std::string() : target->name);
}

Result<CommandOutput> remove_from_files(CommandContext& context, const EditCommand& command) {
    const auto target = target_of(command);
    if (!target) return target.error();
    auto edit = open_files(context);
    if (!edit) return edit.error();
    const auto before = edit->documents();
    if (auto done = edit->remove(*target); !done) return done.error();
    return put_into_files(context, command.options, before, *edit);
}

struct AddCommand {
    EditOptions options{};
    NewMapping mapping{};
    std::string expires{};
    std::string file{};
};

Result<CommandOutput> add_to_files(CommandContext& context, const AddCommand& command) {
    auto mapping = command.mapping;
    if (!command.expires.empty()) {
        const auto end = read_end(command.expires, std::chrono::system_clock::now());
        if (!end) return end.error();
        mapping.expires = *end == "never" ? std::string() : *end;
    }
    const auto document = document_of(context.config, command.file);
    if (!document) return document.error();
    auto edit = open_files(context);
    if (!edit) return edit.error();
    const auto before = edit->documents();
    if (mapping.internal.empty() && mapping.paths.empty() && mapping.functions.empty())
        return Error{Errc::malformed,
                     "say where the mapping leads (http://host:port), or, of one that is there, "
                     "what it is to expose besides (--path, --function)"};
    const auto added = mapping.internal.empty()
                           ? edit->add_rules(mapping.name, rules_text_of(mapping))
                           : edit->add_mappings(*document, mapping_text(mapping));
    if (!added) return added.error();
    return put_into_files(context, command.options, before, *edit);
}

void add_add(CLI::App& mappings, CommandContext& context) {
    auto& command = *mappings.add_subcommand(
        "add", "write a new mapping, or further rules of one, into a file of mappings.d");
    const auto asked = std::make_shared<AddCommand>();
    auto& mapping = asked->mapping;
    command.add_option("virtual", mapping.name, "as the cloud will call it, host:port")->required();
    command.add_option("internal", mapping.internal,
                       "where it leads, http://host:port; without it the mapping must be there "
                       "already, and gets rules");
    command.add_option("--path", mapping.paths, "a rule for this path; may be repeated");
    command.add_option("--function", mapping.functions, "of rfc://: a rule for this function");
    command.add_option("--match", mapping.match, "exact, subpaths or prefix, of these rules");
    command.add_option("--methods", mapping.methods, "GET,HEAD,... of these rules; default: all")
        ->delimiter(',');
    command.add_flag("--upgrade", mapping.upgrade, "these rules allow WebSocket");
    command.add_option("--scenario", mapping.scenario, "the set that these rules belong to");
    command.add_option("--hub", mapping.hub, "the only hub that may use it");
    command.add_option("--description", mapping.description, "for people");
    command.add_option("--expires", asked->expires,
                       "2026-12-31T18:00:00Z, or how long from now, e.g. 8h or 7d");
    command.add_flag("--disabled", mapping.disabled, "write it down, but expose nothing yet");
    command.add_option("--file", asked->file, "file of mappings.d; default: mappings.toml");
    add_edit_options(command, asked->options);
    on_run(command, context, [&context, asked] { return add_to_files(context, *asked); });
}

void add_switch(CLI::App& mappings, CommandContext& context, const char* name, const char* help,
                bool enabled) {
    auto& command = *mappings.add_subcommand(name, help);
    const auto asked = std::make_shared<EditCommand>();
    add_target(command, *asked);
    command.add_flag("--override", asked->at_run_time,
                     "change no file: say it to the running daemon, which keeps it until "
                     "`mappings clear`");
    on_run(command, context,
           [&context, asked, enabled] { return change_enabled(context, *asked, enabled); });
}

}  // namespace

void add_mapping_commands(CLI::App& mappings, CommandContext& context) {
    add_add(mappings, context);
    auto& remove = *mappings.add_subcommand(
        "remove", "take a mapping, some of its rules or a scenario out of its file");
    const auto asked = std::make_shared<EditCommand>();
    add_target(remove, *asked);
    on_run(remove, context, [&context, asked] { return remove_from_files(context, *asked); });
    add_switch(mappings, context, "enable",
               "write into its file that a mapping, some of its rules or a scenario is enabled",
               true);
    add_switch(mappings, context, "disable",
               "write into its file that a mapping, some of its rules or a scenario is disabled",
               false);
}

}  // namespace sallyport::agent
