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

/// How many bytes all peers together may send us before we have passed them on: the sum of the
/// stream windows beyond their first 64 KiB. Shared by all links of the process.
class MemoryBudget {
public:
    static constexpr std::size_t bytes_default = 64 * 1024 * 1024;
    explicit MemoryBudget(std::size_t bytes_max = bytes_default) : bytes_max_(bytes_max) {}

    bool take(std::size_t bytes) {
        auto used = used_.load(std::memory_order_relaxed);
        do {
            if (used + bytes > bytes_max_) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

    std::size_t used() const { return used_.load(std::memory_order_relaxed); }
    std::size_t bytes_max() const { return bytes_max_; }
    /// Above nine tenths: who has stood still for long must go.
    bool is_short() const { return used() > bytes_max_ / 10 * 9; }

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

    /// The reader took `count` bytes. Returns the new size if the window grows, else 0.
    std::uint32_t consumed(std::size_t count, FlowTime now,
                           std::chrono::steady_clock::duration round_trip) {
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
    /// When the reader last took something; the epoch if never.
    FlowTime last_progress() const { return last_; }

    /// Back to the start, for the next stream.
    void reset() {
        budget_->give(bytes_ - first_bytes);
        bytes_ = first_bytes;
        drained_ = 0;
        last_ = {};
    }

private:
    MemoryBudget* budget_;
    std::uint32_t bytes_ = first_bytes;
    std::size_t drained_ = 0;
    FlowTime began_{};
    FlowTime last_{};
};

}  // namespace sallyport::tunnel
