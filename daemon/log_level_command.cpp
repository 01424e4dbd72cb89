#include "daemon/log_level_command.hpp"

#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/json_text.hpp"
#include "daemon/log_level.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

namespace sallyport::daemon {

namespace json = boost::json;

void add_level_options(CLI::App& command, LevelCommand& options) {
    auto* level = command.add_option("level", options.level,
                                     "debug, info, warn or error; configured: as the configuration "
                                     "says, at once. Without it, only tell what is in force");
    command
        .add_option("--for", options.time,
                    "how long: 30s, 10m (the default), 2h; at most 24h. Then the level of the "
                    "configuration is in force again")
        ->needs(level);
}

Result<json::object> ask_log_level(const std::filesystem::path& socket,
                                   const LevelCommand& options) {
    const std::string target(log_level_target);
    if (options.level.empty()) return ask_daemon(socket, "GET", target);
    json::object order{{"level", options.level}};
    if (!options.time.empty()) {
        const auto time = parse_duration(options.time);
        if (!time) return Error{time.error().code, "--for: " + time.error().detail};
        order["seconds"] = std::chrono::duration_cast<std::chrono::seconds>(*time).count();
    }
    constexpr std::chrono::seconds patience{60};
    return ask_daemon(socket, "POST", target, patience, json::serialize(order));
}

std::string describe_log_level(const json::object& answer) {
    std::string text = "the log has what is " + text_of(answer.at("level")) + " or worse";
    if (const auto* seconds = answer.if_contains("seconds"))
        text += ", for " + text_of(*seconds) + " s; then " + text_of(answer.at("configured")) +
                ", as configured";
    text += "\n";
    return answer.contains("record") ? text + describe_record(answer) : text;
}

}  // namespace sallyport::daemon
