#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sallyport::audit {

/// The log's thread for what nobody waits for. It runs a round at once, every `interval`, and when
/// it is woken.
class Upkeep {
public:
    static constexpr std::chrono::seconds interval_default{10};

    Upkeep(std::chrono::milliseconds interval, std::function<void()> round);
    ~Upkeep() { stop(); }
    Upkeep(const Upkeep&) = delete;
    Upkeep& operator=(const Upkeep&) = delete;

    void wake();
    /// Waits for the end of a round that runs.
    void stop();

private:
    void run();

    const std::chrono::milliseconds interval_;
    const std::function<void()> round_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sallyport::audit
