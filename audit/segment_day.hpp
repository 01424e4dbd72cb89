#pragma once

#include "audit/clock.hpp"

#include <chrono>
#include <optional>

namespace sallyport::audit {

/// Decides when a new day (UTC) asks for a new segment. A clock that is set back a little, across
/// midnight too, asks for none when the day comes again; one that had been more than a day ahead
/// does, or the log would not rotate until that day.
class SegmentDay {
public:
    void start(WallTime now) { day_ = day_of(now); }

    bool is_over(WallTime now) {
        const auto today = day_of(now);
        if (!day_ || today + std::chrono::days(1) < *day_) day_ = today;
        return today > *day_;
    }

private:
    static std::chrono::sys_days day_of(WallTime time) {
        return std::chrono::floor<std::chrono::days>(time);
    }
    std::optional<std::chrono::sys_days> day_;
};

}  // namespace sallyport::audit
