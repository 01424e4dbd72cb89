#include "net/blocking_lane.hpp"

namespace sallyport::net {

bool BlockingLane::submit(std::function<void()> job) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->queue.size() >= lane_queue_max) return false;
        state_->queue.push_back(std::move(job));
        if (state_->running == lane_threads) return true;
        ++state_->running;
    }
    if (start(state_)) return true;
    const std::lock_guard lock(state_->mutex);
    --state_->running;
    if (state_->running > 0) return true;  // whoever runs takes it
    state_->queue.pop_back();
    return false;
}

bool BlockingLane::start(const std::shared_ptr<State>& state) {
    return state->pool.submit([state] { work(state); });
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
