#pragma once

#include <string>
#include <string_view>

namespace sallyport::daemon {

/// A line; of one that tells what is wrong with a configuration only the beginning, as in the log.
/// More lines than one count as one: what follows such a beginning is left out. Pure.
std::string line_without_config_error(std::string_view line);

/// Lines of a log, text or JSON; of those that tell what is wrong with a configuration only the
/// beginning, since the rest may repeat parts of it. Pure.
std::string log_without_config_errors(std::string_view log);

/// The status of a daemon; if the last good configuration is in force, then without `why` and
/// without `warnings`, which say it again. Whatever is no JSON object is left out. Pure.
std::string status_without_config_errors(std::string_view status);

/// The lines of an audit log whose `path` has no query: with `[audit] query_strings` it may hold
/// whatever a client wrote. Each line as it was signed, or not at all. Pure.
std::string records_without_queries(std::string_view records);

}  // namespace sallyport::daemon
