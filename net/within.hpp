#pragma once

#include "base/error.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/task.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace sallyport::net {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Runs `operation` until it ends or `deadline` passes; then it is cancelled and the result is
/// Errc::timed_out. Costs about 5 us: for steps (connect, handshake), not for each read; streams
/// are the business of net::IdleSweep. `operation` must report failure by value: `||` waits for the
/// first *success*, so an exception would be held back until the deadline and then lost.
template <class T>
Task<Result<T>> within(Deadline deadline, Task<Result<T>> operation) {
    using namespace asio::experimental::awaitable_operators;
    Timer timer(co_await asio::this_coro::executor, deadline);
    auto first = co_await (std::move(operation) || timer.async_wait(as_values));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    co_return Error{Errc::timed_out, {}};
}

/// For within(): an event as an operation.
inline Task<Result<void>> wait_for(Event& event) {
    co_await event.wait();
    co_return Result<void>();
}

/// Waits for a time, or until cancelled.
inline Task<void> sleep_for(std::chrono::steady_clock::duration time) {
    Timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(as_values);
}

}  // namespace sallyport::net
