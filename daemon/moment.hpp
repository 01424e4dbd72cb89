#pragma once

#include "audit/clock.hpp"
#include "base/result.hpp"

#include <string_view>

namespace sallyport::daemon {

/// A time as commands take it: RFC 3339, a day (`2025-03-01`, UTC), or a time ago (`90s`, `15m`,
/// `6h`, `7d`). Errors: Errc::malformed.
Result<audit::WallTime> parse_moment(std::string_view text, audit::WallTime now);

}  // namespace sallyport::daemon
