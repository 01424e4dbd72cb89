#include "net/blocking_lane.hpp"

namespace sallyport::net {

bool BlockingLane::submit(std::function<void()> job) {
    // The pool is asked under the lock: what it takes waits for us, and nobody counts on a thread
    // that it then refuses.
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() >= lane_queue_max) return false;
    if (state_->running < lane_threads && state_->pool.submit([state = state_] { work(state); }))
        ++state_->running;
    if (state_->running == 0) return false;
    state_->queue.push_back(std::move(job));
    return true;
}

void BlockingLane::drop() {
    std::deque<std::function<void()>> dropped;  // ends outside the lock
    const std::lock_guard lock(state_->mutex);
    std::swap(dropped, state_->queue);
}

/// To the end of the queue: the lane is as busy as its jobs.
void BlockingLane::work(const std::shared_ptr<State>& state) {
    while (true) {
        std::function<void()> job;
        {
            const std::lock_guard lock(state->mutex);
            if (state->queue.empty()) {
                --state->running;
                return;
            }
            job = std::move(state->queue.front());
            state->queue.pop_front();
        }
        job();
    }
}

}  // namespace sallyport::net
