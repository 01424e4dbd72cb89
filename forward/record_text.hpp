// A record as log collectors want to have it. Nothing in it lets a text of the record end a field
// or a line.
#pragma once

#include "audit/record.hpp"
#include "forward/settings.hpp"

#include <string>
#include <string_view>

namespace sallyport::forward {

/// RFC 5424 table 2.
enum class Severity { error = 3, warning = 4, notice = 5, informational = 6 };

/// error: the log itself is in trouble, or an agent's keys were copied; warning: refused, failed,
/// or not as it should be; notice: changes; informational: what is allowed and goes well.
Severity severity_of(const audit::Record& record);

/// `line` without its newline, or the record in CEF.
std::string body_of(const audit::Record& record, std::string_view line, Format format);

/// Common Event Format, version 0: one line, without a newline or another control character. What
/// CEF has no key for stands in `msg`, as JSON.
std::string to_cef(const audit::Record& record);

}  // namespace sallyport::forward
