#include "audit/committer.hpp"

#include "base/thread.hpp"

#include <algorithm>

namespace sallyport::audit {

Committer::Committer(Commit commit) : commit_(std::move(commit)) {
    thread_ = start_deaf_thread([this] { run(); });
}

bool Committer::request(Sequence up_to, std::function<void(bool)>& done) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || waiting_.size() >= waiting_max) return false;
        waiting_.push_back({.up_to = up_to, .done = std::move(done)});
    }
    changed_.notify_one();
    return true;
}

bool Committer::request_always(Sequence up_to, std::function<void(bool)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return false;
        waiting_.push_back({.up_to = up_to, .done = std::move(done)});
    }
    changed_.notify_one();
    return true;
}

void Committer::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void Committer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Committer::run() {
    std::vector<Waiter> waiters;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopped_ || woken_ || !waiting_.empty(); });
        if (waiting_.empty() && !woken_) return;
        waiters.swap(waiting_);
        woken_ = false;
        lock.unlock();
        Sequence up_to = 0;
        for (const auto& waiter : waiters) up_to = std::max(up_to, waiter.up_to);
        const bool done = commit_(up_to);
        for (auto& waiter : waiters) waiter.done(done);
        waiters.clear();
        lock.lock();
    }
}

}  // namespace sallyport::audit
