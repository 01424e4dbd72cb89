#pragma once

#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <memory>
#include <string_view>

namespace sallyport::net {

/// Owns coroutines that run beside each other: the only place that spawns them, so that none
/// outlives its owner. All calls on the loop's thread. A task that throws anything but "cancelled"
/// is a bug: it is logged with its name and the rest are cancelled.
class TaskGroup {
public:
    explicit TaskGroup(Loop& loop);
    ~TaskGroup();  // precondition: join() has returned, or the loop will not run again
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// `name` must outlive the task (a literal). Called inside the loop, the task runs to its first
    /// wait before spawn() returns; called before the loop runs, it starts with the loop.
    void spawn(std::string_view name, Task<void> task);
    /// Also ends tasks that have not started yet: those never run.
    void cancel();
    /// Returns when no task is left.
    Task<void> join();
    bool empty() const { return running_.empty(); }
    std::size_t size() const { return running_.size(); }

private:
    struct Running {
        asio::cancellation_signal signal;
        bool started = false;
        bool cancelled = false;
    };
    static Task<void> run(Running& self, Task<void> task);
    void finished(std::list<Running>::iterator self, std::string_view name,
                  std::exception_ptr failure);

    Loop& loop_;
    Event idle_;
    std::list<Running> running_;  // one per live task
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sallyport::net
