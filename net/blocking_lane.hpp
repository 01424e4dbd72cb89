#pragma once

#include "net/blocking_pool.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace sallyport::net {

/// Some threads of a pool at most, with a queue of their own: for calls that hang long when
/// somebody does not answer, so that they never keep the whole pool from everybody else. Takes the
/// place of the pool in run_on_pool(). Thread safe; must not outlive the pool's last job.
class BlockingLane {
public:
    static constexpr std::size_t lane_threads = 2;
    static constexpr std::size_t lane_queue_max = 256;

    explicit BlockingLane(BlockingPool& pool) : state_(std::make_shared<State>(pool)) {}

    /// As BlockingPool::submit.
    bool submit(std::function<void()> job);
    /// Drops what waits. For who ends the pool: a job belongs to the loop that it answers to, and
    /// what the pool no longer comes to would stay here for longer than that.
    void drop();

private:
    struct State {
        explicit State(BlockingPool& p) : pool(p) {}
        BlockingPool& pool;
        std::mutex mutex;
        std::deque<std::function<void()>> queue;
        std::size_t running = 0;
    };
    static void work(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace sallyport::net
