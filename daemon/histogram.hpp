#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::daemon {

/// Upper bounds of what takes microseconds where all is well (a decision, a ticket at hand), and of
/// what a back end takes.
inline constexpr auto short_times = std::to_array<std::chrono::microseconds>(
    {std::chrono::microseconds(10), std::chrono::microseconds(25), std::chrono::microseconds(50),
     std::chrono::microseconds(100), std::chrono::microseconds(250), std::chrono::microseconds(500),
     std::chrono::milliseconds(1), std::chrono::milliseconds(5), std::chrono::milliseconds(25),
     std::chrono::milliseconds(100), std::chrono::milliseconds(500), std::chrono::seconds(2)});
inline constexpr auto long_times = std::to_array<std::chrono::microseconds>(
    {std::chrono::milliseconds(1), std::chrono::microseconds(2500), std::chrono::milliseconds(5),
     std::chrono::milliseconds(10), std::chrono::milliseconds(25), std::chrono::milliseconds(50),
     std::chrono::milliseconds(100), std::chrono::milliseconds(250), std::chrono::milliseconds(500),
     std::chrono::seconds(1), std::chrono::microseconds(2'500'000), std::chrono::seconds(5),
     std::chrono::seconds(10), std::chrono::seconds(30), std::chrono::seconds(60)});

/// How often what took how long. Belongs to one thread: others look at a copy.
template <const auto& upper_bounds>
class Histogram {
public:
    static constexpr std::size_t bounds_count = upper_bounds.size();

    void add(std::chrono::steady_clock::duration took) {
        std::size_t bucket = 0;
        while (bucket < bounds_count && took > upper_bounds[bucket]) ++bucket;
        ++counts_[bucket];
        sum_ += took;
    }
    /// What another thread counted.
    void add(const Histogram& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        sum_ += other.sum_;
    }

    static std::span<const std::chrono::microseconds> bounds() { return upper_bounds; }
    /// Of each bucket alone; the last one has what is above all bounds.
    std::span<const std::uint64_t> counts() const { return counts_; }
    std::chrono::steady_clock::duration sum() const { return sum_; }

private:
    std::array<std::uint64_t, bounds_count + 1> counts_{};
    std::chrono::steady_clock::duration sum_{};
};

using ShortTimes = Histogram<short_times>;
using LongTimes = Histogram<long_times>;

}  // namespace sallyport::daemon
