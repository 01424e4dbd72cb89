#pragma once

#include "base/log.hpp"

#include <string>
#include <string_view>

/// For who writes a line per request: it is built in a buffer that is used again and again.
namespace sallyport::log {

/// `line` is an event name and its `key=value`, as write() would make it.
void write_line(Level level, std::string_view line);

/// Appends ` key=value`; the value as quoted() has it.
void append(std::string& line, std::string_view key, std::string_view value);

}  // namespace sallyport::log
