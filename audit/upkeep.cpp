#include "audit/upkeep.hpp"

#include "base/thread.hpp"

#include <utility>

namespace sallyport::audit {

Upkeep::Upkeep(std::chrono::milliseconds interval, std::function<void()> round)
    : interval_(interval), round_(std::move(round)) {
    thread_ = start_deaf_thread([this] { run(); });
}

void Upkeep::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void Upkeep::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Upkeep::run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        woken_ = false;
        lock.unlock();
        round_();
        lock.lock();
        changed_.wait_for(lock, interval_, [this] { return stopped_ || woken_; });
    }
}

}  // namespace sallyport::audit
