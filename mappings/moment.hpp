#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// A point of the wall clock, UTC.
using Moment = std::chrono::system_clock::time_point;

/// "2026-12-31T18:00:00Z", or with an offset, "2026-12-31T19:00:00+01:00" (RFC 3339 section 5.6);
/// parts of a second are dropped. Years 1970 to 2199. Errors: Errc::malformed with what it must
/// look like.
Result<Moment> parse_moment(std::string_view text);

/// "2026-12-31T18:00:00Z"
std::string to_text(Moment moment);

}  // namespace sallyport::mappings
