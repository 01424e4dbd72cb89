#include "agent/command_overrides.hpp"

#include "agent/command_context.hpp"
#include "agent/mapping_verbs.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds answer_patience{60};

/// "erp.virtual:80 is now in maintenance (before: ...)", of the daemon's answer.
std::string describe_change(const json::object& answer) {
    const auto& changed = answer.at("changed").as_object();
    const auto part = [&](const char* key) { return daemon::text_of(changed.at(key)); };
    const auto now = part("after");
    const auto before = part("before");
    auto text = part("object") + ": " +
                (now.empty() ? std::string("as the configuration says") : "override: " + now);
    if (!before.empty()) text += " (before: " + before + ")";
    if (const auto* mapping = answer.if_contains("mapping"))
        text += "; its state is " + daemon::text_of(mapping->as_object().at("state"));
    text += "\n";
    if (const auto* failure = answer.if_contains("failure"))
        text += "the audit log failed: " + daemon::text_of(*failure) + "\n";
    return text + daemon::describe_record(answer);
}

Result<CommandOutput> ask_override(const CommandContext& context, const std::string& socket,
                                   std::string_view target, const json::object& body) {
    auto path = socket_of(context, socket);
    if (!path) return path.error();
    auto answer = daemon::ask_daemon(*path, "POST", std::string(target), answer_patience,
                                     json::serialize(body));
    if (!answer) return answer.error();
    return CommandOutput{*answer, describe_change(*answer)};
}

struct OverrideOptions {
    std::string socket;
    std::string name;
    std::string value;
    bool all = false;
};

std::shared_ptr<OverrideOptions> add_options(CLI::App& command) {
    auto asked = std::make_shared<OverrideOptions>();
    command.add_option("--socket", asked->socket, "admin socket of the daemon");
    return asked;
}

void add_maintenance(CLI::App& mappings, CommandContext& context) {
    auto& command = *mappings.add_subcommand(
        "maintenance",
        "answer 503 with Retry-After instead of asking the internal system, at "
        "once and until it is switched off; no file is changed");
    const auto asked = add_options(command);
    command.add_option("virtual", asked->name, "the mapping, host:port")->required();
    command.add_option("switch", asked->value, "on or off")
        ->required()
        ->check(CLI::IsMember({"on", "off"}));
    on_run(command, context, [&context, asked] {
        return ask_override(context, asked->socket, override_target,
                            {{"virtual", asked->name}, {"maintenance", asked->value == "on"}});
    });
}

void add_expire(CLI::App& mappings, CommandContext& context) {
    auto& command = *mappings.add_subcommand(
        "expire", "say when a mapping ends, whatever its file says; no file is changed");
    const auto asked = add_options(command);
    command.add_option("virtual", asked->name, "the mapping, host:port")->required();
    command
        .add_option("when", asked->value,
                    "2026-12-31T18:00:00Z, or how long from now, e.g. 90m, 8h, 7d; or never")
        ->required();
    on_run(command, context, [&context, asked]() -> Result<CommandOutput> {
        const auto end = read_end(asked->value, std::chrono::system_clock::now());
        if (!end) return end.error();
        return ask_override(context, asked->socket, override_target,
                            {{"virtual", asked->name}, {"expires", *end}});
    });
}

void add_clear(CLI::App& mappings, CommandContext& context) {
    auto& command = *mappings.add_subcommand(
        "clear", "take back what overrides the files, so that what they say holds again");
    const auto asked = add_options(command);
    auto* name = command.add_option("virtual", asked->name, "the mapping, host:port");
    command.add_flag("--all", asked->all, "every override")->excludes(name);
    on_run(command, context, [&context, asked]() -> Result<CommandOutput> {
        if (asked->all) return ask_override(context, asked->socket, clear_target, {{"all", true}});
        if (asked->name.empty())
            return Error{Errc::malformed, "name a mapping, or all of them with --all"};
        return ask_override(context, asked->socket, clear_target, {{"virtual", asked->name}});
    });
}

}  // namespace

Result<std::string> read_end(std::string_view text, mappings::Moment now) {
    if (text == "never" || mappings::parse_moment(text)) return std::string(text);
    const auto time = parse_duration(text);
    constexpr std::chrono::hours end_time_max{100 * 366 * 24};
    if (time && *time > std::chrono::seconds(0) && *time <= end_time_max)
        return mappings::to_text(std::chrono::ceil<std::chrono::seconds>(now + *time));
    return Error{Errc::malformed,
                 "\"" + std::string(text) +
                     "\" is no time: write 2026-12-31T18:00:00Z, or how long from now, e.g. 90m, "
                     "8h or 7d, or never"};
}

Result<CommandOutput> override_enabled(const CommandContext& context, const std::string& socket,
                                       const std::string& name, bool enabled) {
    return ask_override(context, socket, override_target,
                        {{"virtual", name}, {"enabled", enabled}});
}

void add_override_commands(CLI::App& mappings, CommandContext& context) {
    add_maintenance(mappings, context);
    add_expire(mappings, context);
    add_clear(mappings, context);
}

}  // namespace sallyport::agent
