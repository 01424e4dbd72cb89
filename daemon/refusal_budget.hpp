#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace sallyport::daemon {

/// How many refusals of a kind are recorded one by one: whoever may be refused can be refused
/// often, and must not be able to fill the disk. The others are counted.
class RefusalBudget {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds refusals_window{60};
    static constexpr std::uint32_t refusals_per_window_max = 30;

    explicit RefusalBudget(std::uint32_t per_window_max = refusals_per_window_max)
        : per_window_max_(per_window_max) {}

    /// Whether one more is recorded; else it is counted.
    bool take(TimePoint now) {
        if (is_over(now)) {
            began_ = true;
            since_ = now;
            used_ = 0;
        }
        if (used_ < per_window_max_) {
            ++used_;
            return true;
        }
        ++left_out_;
        return false;
    }

    /// Whether the next window begins with the next one.
    bool is_over(TimePoint now) const { return !began_ || now - since_ >= refusals_window; }

    /// So many were left out since this was asked last.
    std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

private:
    std::uint32_t per_window_max_;
    TimePoint since_{};
    std::uint32_t used_ = 0;
    std::uint64_t left_out_ = 0;
    bool began_ = false;
};

}  // namespace sallyport::daemon
