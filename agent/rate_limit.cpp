#include "agent/rate_limit.hpp"

#include <algorithm>

namespace sallyport::agent {

using std::chrono::nanoseconds;

RateLimit::RateLimit(std::uint32_t per_second, std::uint32_t burst)
    : interval_(per_second == 0 ? nanoseconds(0)
                                : nanoseconds(std::chrono::seconds(1)) / per_second),
      depth_(interval_ * std::max(burst == 0 ? per_second : burst, 1U)) {}

RateLimit::Step RateLimit::step(nanoseconds full_at, nanoseconds now, nanoseconds interval,
                                nanoseconds depth) {
    const auto next = std::max(full_at, now) + interval;
    const auto wait = next - depth - now;
    if (wait > nanoseconds(0)) return {.wait = wait};
    return {.taken = true, .full_at = next};
}

std::optional<nanoseconds> RateLimit::take_limited(Time now) {
    const nanoseconds at = now.time_since_epoch();
    auto full_at = full_at_.load(std::memory_order_relaxed);
    while (true) {
        const auto next = step(nanoseconds(full_at), at, interval_, depth_);
        if (!next.taken) return next.wait;
        if (full_at_.compare_exchange_weak(full_at, next.full_at.count(),
                                           std::memory_order_relaxed))
            return std::nullopt;
    }
}

}  // namespace sallyport::agent
