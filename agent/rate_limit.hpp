#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace sallyport::agent {

/// So many a second in the long run, and so many at once: a token bucket, of which all that there
/// is to remember is the time at which it will be full again (the "theoretical arrival time" of
/// GCRA). One number, so that all workers share it without a lock.
class RateLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `per_second` 0: no limit. `burst` 0: as many as a second allows.
    RateLimit(std::uint32_t per_second, std::uint32_t burst);
    RateLimit(const RateLimit&) = delete;
    RateLimit& operator=(const RateLimit&) = delete;

    /// Takes one, from any thread; or says how long to wait for the next.
    std::optional<std::chrono::nanoseconds> take(Time now) {
        if (interval_.count() == 0) return std::nullopt;
        return take_limited(now);
    }

    /// What take() does: pure. `full_at` is the time at which the bucket will be full.
    struct Step {
        bool taken = false;
        std::chrono::nanoseconds full_at{0};  // from here on, if it was taken
        std::chrono::nanoseconds wait{0};     // if not
    };
    static Step step(std::chrono::nanoseconds full_at, std::chrono::nanoseconds now,
                     std::chrono::nanoseconds interval, std::chrono::nanoseconds depth);

private:
    std::optional<std::chrono::nanoseconds> take_limited(Time now);

    const std::chrono::nanoseconds interval_;  // between two, in the long run
    const std::chrono::nanoseconds depth_;     // the burst, in time
    std::atomic<std::int64_t> full_at_{0};
};

}  // namespace sallyport::agent
