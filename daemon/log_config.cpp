#include "daemon/log_config.hpp"

#include "base/error.hpp"

namespace sallyport::daemon {

Result<log::Level> log_level(std::string_view text) {
    using log::Level;
    for (const auto level : {Level::debug, Level::info, Level::warn, Level::error})
        if (text == log::to_text(level)) return level;
    return Error{Errc::malformed, "a log level is one of debug, info, warn, error"};
}

log::Settings read_log(ConfigTable own, ConfigTable table) {
    log::Settings settings;
    const auto before = own.choice("log_level", {"info", "debug", "warn", "error"});
    const auto level = table.choice("level", {"info", "debug", "warn", "error"});
    if (own.has("log_level") && table.has("level"))
        table.problem("level", "is told twice: here and as log_level, which is its older name");
    const auto told = log_level(table.has("level") ? level : before);
    if (told) settings.level = *told;
    if (table.choice("format", {"text", "json"}) == "json") settings.format = log::Format::json;
    const auto target = table.choice("target", {"stderr", "stdout", "journald"});
    if (target == "stdout") settings.target = log::Target::standard_output;
    if (target == "journald") settings.target = log::Target::journal;
    if (settings.target == log::Target::journal && table.has("format"))
        table.problem("format", "says nothing with target = \"journald\", which has fields");
    table.done();
    return settings;
}

}  // namespace sallyport::daemon
