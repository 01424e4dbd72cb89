#pragma once

#include "base/error.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sallyport::net {

/// The one place where calls may block: name resolution, GSS, SQLite, RSA key generation. A few
/// threads, and a bounded queue in front of them. Must be destroyed before the loops that use it.
class BlockingPool {
public:
    static constexpr std::size_t threads_default = 4;
    static constexpr std::size_t queue_max = 256;

    explicit BlockingPool(std::size_t threads = threads_default);
    /// Waits for the jobs that run; what still waits in the queue is dropped.
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    /// Says whether there was room. `job` runs on a thread of the pool and must not throw.
    bool submit(std::function<void()> job);

private:
    void work();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// Runs `function` (returning Result<T>) on the pool while the coroutine waits. A cancelled
/// coroutine goes away at once; the function then ends unheard, so it must own what it uses.
/// Errors: the function's, or Errc::limit if the queue is full.
/// `Pool` is BlockingPool or BlockingLane.
template <class T, class Pool>
Task<Result<T>> run_on_pool(Pool& pool, Loop& loop, std::function<Result<T>()> function) {
    struct Shared {
        explicit Shared(Loop& l) : work(l.io.get_executor()) {}
        asio::executor_work_guard<Executor> work;  // the loop has not run out of work meanwhile
        std::function<Result<T>()> function;
        std::optional<Result<T>> result;  // the pool's until `done`
        // Touched on the loop's thread only.
        bool done = false;
        Event* waiter = nullptr;
    };
    struct Waiter {
        explicit Waiter(Shared& s, Turn& turn) : shared(s), event(turn) { shared.waiter = &event; }
        ~Waiter() { shared.waiter = nullptr; }
        Shared& shared;
        Event event;
    };
    const auto shared = std::make_shared<Shared>(loop);
    shared->function = std::move(function);
    Waiter waiter(*shared, loop.turn);
    const bool queued = pool.submit([shared] {
        shared->result.emplace(shared->function());
        shared->function = nullptr;
        asio::post(shared->work.get_executor(), [shared] {
            shared->done = true;
            if (shared->waiter != nullptr) shared->waiter->set();
        });
    });
    if (!queued)
        co_return Error{Errc::limit, "too many blocking calls are waiting; try again later"};
    while (!shared->done) co_await waiter.event.wait();
    co_return std::move(*shared->result);
}

}  // namespace sallyport::net
