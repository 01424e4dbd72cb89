#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sallyport::hub {

/// Whoever guesses access keys: a wrong one is answered late, unless too many of those wait
/// already. A key has 128 random bits, so what the wait is for is the load and the log; whoever has
/// a good key never waits for those who guess. From any thread.
class WrongKeys {
public:
    static constexpr std::uint32_t wrong_keys_max = 100;  // that wait at once, of all workers
    static constexpr std::chrono::milliseconds wrong_key_delay{1'000};

    bool too_many() const { return waiting_.load(std::memory_order_relaxed) >= wrong_keys_max; }
    void count() { total_.fetch_add(1, std::memory_order_relaxed); }
    /// Since the hub has started.
    std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

    /// One that waits for its answer.
    class Waiting {
    public:
        explicit Waiting(WrongKeys& keys) : keys_(keys) {
            keys_.waiting_.fetch_add(1, std::memory_order_relaxed);
        }
        ~Waiting() { keys_.waiting_.fetch_sub(1, std::memory_order_relaxed); }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

    private:
        WrongKeys& keys_;
    };

private:
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<std::uint64_t> total_{0};
};

}  // namespace sallyport::hub
