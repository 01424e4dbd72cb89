#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

/// Flow control that is fast for one large stream and bounded for many
/// (docs/PROTOCOL.md#flow-control). Pure: time comes in.
namespace sallyport::tunnel {

using FlowTime = std::chrono::steady_clock::time_point;

/// How many bytes all peers together make us keep, or may send us, before we have passed them on:
/// what streams hold, and the parts of their windows beyond the first 64 KiB. Shared by all links
/// of the process.
class MemoryBudget {
public:
    static constexpr std::size_t bytes_default = 64 * 1024 * 1024;
    explicit MemoryBudget(std::size_t bytes_max = bytes_default) : bytes_max_(bytes_max) {}

    /// For a larger window: only up to three quarters, so that fast streams alone never make the
    /// memory short for the others.
    bool take(std::size_t bytes) {
        auto used = used_.load(std::memory_order_relaxed);
        do {
            if (used + bytes > bytes_max_ / 4 * 3) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    /// For what has arrived within a first window, which cannot be refused any more.
    void charge(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
    void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

    std::size_t used() const { return used_.load(std::memory_order_relaxed); }
    std::size_t bytes_max() const { return bytes_max_; }
    /// Above nine tenths: of those that hold much, who has stood still for long must go.
    bool is_short() const { return used() > bytes_max_ / 10 * 9; }
    /// Everybody who has stood still for long must go.
    bool is_exhausted() const { return used() > bytes_max_; }

private:
    std::size_t bytes_max_;
    std::atomic<std::size_t> used_{0};
};

/// The receive window of one stream. It starts at 64 KiB and doubles, up to 16 MiB, each time its
/// reader has drained a whole window within about a round trip (so the window, not the reader, was
/// the limit) and the budget has room.
class ReceiveWindow {
public:
    static constexpr std::uint32_t first_bytes = 64 * 1024;
    static constexpr std::uint32_t bytes_max = 16 * 1024 * 1024;
    /// Round trips shorter than this are taken as this: on fast networks the peers' own turns weigh
    /// more.
    static constexpr std::chrono::milliseconds round_trip_min{4};

    explicit ReceiveWindow(MemoryBudget& budget) : budget_(&budget) {}
    ~ReceiveWindow() { reset(); }
    ReceiveWindow(const ReceiveWindow&) = delete;
    ReceiveWindow& operator=(const ReceiveWindow&) = delete;

    std::uint32_t bytes() const { return bytes_; }
    /// What has arrived and was not consumed.
    std::size_t held() const { return held_; }

    /// The peer sent `count` bytes.
    void arrived(std::size_t count, FlowTime now) {
        if (held_ == 0) last_ = now;
        set_held(held_ + count);
    }
    /// The reader took `count` bytes of them. Returns the new size if the window grows, else 0.
    std::uint32_t consumed(std::size_t count, FlowTime now,
                           std::chrono::steady_clock::duration round_trip) {
        set_held(held_ - std::min(held_, count));
        if (drained_ == 0) began_ = now;
        drained_ += count;
        last_ = now;
        if (drained_ < bytes_) return 0;
        const auto fast = now - began_ <= 2 * std::max<std::chrono::steady_clock::duration>(
                                                  round_trip, round_trip_min);
        drained_ = 0;
        if (!fast || bytes_ >= bytes_max || !budget_->take(bytes_)) return 0;
        bytes_ *= 2;
        return bytes_;
    }
    /// Since when the reader has taken nothing of what is held.
    FlowTime last_progress() const { return last_; }

    /// Back to the start, for the next stream.
    void reset() {
        set_held(0);
        budget_->give(bytes_ - first_bytes);
        bytes_ = first_bytes;
        drained_ = 0;
        last_ = {};
    }

private:
    /// The budget knows of the larger windows already; here it is told what fills the first one.
    void set_held(std::size_t held) {
        constexpr std::size_t first = first_bytes;
        const auto before = std::min(held_, first);
        const auto after = std::min(held, first);
        if (after > before) budget_->charge(after - before);
        if (before > after) budget_->give(before - after);
        held_ = held;
    }

    MemoryBudget* budget_;
    std::uint32_t bytes_ = first_bytes;
    std::size_t held_ = 0;
    std::size_t drained_ = 0;
    FlowTime began_{};
    FlowTime last_{};
};

}  // namespace sallyport::tunnel
