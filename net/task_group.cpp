#include "net/task_group.hpp"

#include "base/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <cassert>
#include <exception>

namespace sallyport::net {
namespace {

/// What a task died of, or empty if it was only cancelled.
std::string describe(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) return {};
        return error.what();
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown exception";
    }
}

}  // namespace

TaskGroup::TaskGroup(Loop& loop) : loop_(loop), idle_(loop.turn) {}

TaskGroup::~TaskGroup() { assert(running_.empty() || loop_.io.stopped()); }

void TaskGroup::spawn(std::string_view name, Task<void> task) {
    const auto self = running_.emplace(running_.end());
    auto done = [this, self, name](std::exception_ptr failure) { finished(self, name, failure); };
    asio::co_spawn(loop_.executor(), run(*self, std::move(task)),
                   asio::bind_cancellation_slot(self->signal.slot(), std::move(done)));
}

/// Around every task. co_spawn of Asio 1.81 awaits a post when a task ends without having waited;
/// if it is cancelled by then, that await throws out of the loop's run(), and the process dies.
Task<void> TaskGroup::run(Running& self, Task<void> task) {
    self.started = true;
    std::exception_ptr failure;
    if (!self.cancelled) {
        try {
            co_await std::move(task);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    co_await asio::this_coro::throw_if_cancelled(false);
    if (failure) std::rethrow_exception(failure);
}

void TaskGroup::finished(std::list<Running>::iterator self, std::string_view name,
                         std::exception_ptr failure) {
    running_.erase(self);
    if (failure) {
        const auto text = describe(failure);
        if (!text.empty()) {
            log::error("task.failed", {{"task", name}, {"error", text}});
            cancel();
        }
    }
    if (running_.empty()) idle_.set();
}

void TaskGroup::cancel() {
    if (!loop_.executor().running_in_this_thread()) {
        // Asio 1.81 would post each cancellation with a bare pointer to the task's signal, which is
        // gone when the task ends first. Inside the loop it calls at once.
        asio::post(loop_.io, [this, alive = std::weak_ptr(alive_)] {
            if (alive.lock()) cancel();
        });
        return;
    }
    for (auto next = running_.begin(); next != running_.end();) {
        auto& task = *next++;
        task.cancelled = true;
        if (task.started) task.signal.emit(asio::cancellation_type::terminal);
    }
}

Task<void> TaskGroup::join() {
    while (!running_.empty()) co_await idle_.wait();
}

}  // namespace sallyport::net
