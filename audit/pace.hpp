#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sallyport::audit {

/// Rests between pieces of work that nobody waits for, so that it takes a part of a processor only.
/// Not a matter of priority: a thread with a low one keeps a process that is killed, or wants to
/// end, until a busy machine has time for it.
class Pace {
public:
    using Clock = std::chrono::steady_clock;

    /// Of this, one is work: a quarter of a processor.
    static constexpr int parts = 4;
    /// Whoever wants it to stop waits no longer than this.
    static constexpr std::chrono::milliseconds rest_max{50};

    /// A piece begins.
    void begin() { began_ = Clock::now(); }
    /// It is over, and the next one begins when this returns. Only one thread works.
    void rest() {
        std::unique_lock lock(mutex_);
        const auto worked = Clock::now() - began_;
        const auto pause = std::min<Clock::duration>(worked * (parts - 1), rest_max);
        over_changed_.wait_for(lock, pause, [this] { return over_; });
        began_ = Clock::now();
    }
    /// From here on nobody rests.
    void end() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        over_changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable over_changed_;
    Clock::time_point began_ = Clock::now();
    bool over_ = false;
};

}  // namespace sallyport::audit
