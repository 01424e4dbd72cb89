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

    /// `name` must outlive the task (a literal). The task starts in a later
    /// handler of the loop, never inside spawn().
    void spawn(std::string_view name, Task<void> task);
    void cancel();
    /// Returns when no task is left.
    Task<void> join();
    bool empty() const { return running_.empty(); }
    std::size_t size() const { return running_.size(); }

private:
    void finished(std::list<asio::cancellation_signal>::iterator self, std::string_view name,
                  std::exception_ptr failure);

    Loop& loop_;
    Event idle_;
    std::list<asio::cancellation_signal> running_;  // one per live task
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace sallyport::net
