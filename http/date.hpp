#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7, IMF-fixdate).
std::string write_date(std::chrono::sys_seconds time);
/// That form only; the obsolete ones are nothing.
std::optional<std::chrono::sys_seconds> read_date(std::string_view text);

}  // namespace sallyport::http
