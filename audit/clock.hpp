#pragma once

#include "base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::audit {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// One moment on both clocks.
struct Instant {
    WallTime wall{};                  // for people; may be set
    std::chrono::nanoseconds mono{};  // CLOCK_BOOTTIME: since boot, also while suspended
};

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() = 0;

    /// The machine's clocks.
    static Clock& system();
};

/// RFC 3339 in UTC with microseconds: "2025-03-01T12:00:00.000001Z", for the years 0 to 9999.
std::string to_rfc3339(WallTime time);

/// Appends the same to `out`.
void append_rfc3339(std::string& out, WallTime time);

/// The same for times that follow one another closely: writes the fraction of a second only, as
/// long as the second is the same.
class TimeText {
public:
    /// Until the next call.
    std::string_view at(WallTime time);

private:
    static constexpr std::size_t fraction_at = 20;  // in the text

    std::string text_;
    std::chrono::sys_seconds second_{};
};

/// Reads RFC 3339 with `Z` or a numeric offset and up to nine digits of a second (those beyond
/// microseconds are dropped). Errors: Errc::malformed.
Result<WallTime> parse_rfc3339(std::string_view text);

/// Tells when the wall clock moved other than time did: more than `step_min` plus what a clock
/// being slewed may differ (`slew` of the time passed).
class ClockWatch {
public:
    static constexpr std::chrono::seconds step_min{1};
    static constexpr int slew_parts_per_million = 1000;

    /// By how much the wall clock stepped between the moment before and `now`; nullopt if it did
    /// not, or if there is no moment before.
    std::optional<std::chrono::microseconds> observe(Instant now);

private:
    std::optional<Instant> last_;
};

}  // namespace sallyport::audit
