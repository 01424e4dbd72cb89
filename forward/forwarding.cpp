#include "forward/forwarding.hpp"

#include "base/log.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::forward {

Forwarding::Forwarding(Wiring wiring, Settings settings)
    : wiring_(std::move(wiring)),
      settings_(std::move(settings)),
      cursor_file_(wiring_.cursor_folder / (settings_.name + ".cursor")),
      event_(wiring_.loop.turn),
      watch_(wiring_.loop, wiring_.log_folder, event_),
      retry_({.first = retry_first, .ceiling = retry_ceiling, .healthy_after = retry_ceiling}) {
    status_.state = "connecting";
    status_.caught_up = net::Loop::now();
}

void Forwarding::stop() {
    stopping_ = true;
    event_.set();
}

net::Task<void> Forwarding::run() {
    while (!stopping_) {
        const auto begun = net::Loop::now();
        status_.state = "connecting";
        auto delivering = deliver();
        const auto done = co_await std::move(delivering);
        if (done) break;
        give_up();
        const auto why = done.error();  // by value: the task only refers to it
        auto waiting = wait_after(why, begun);
        co_await std::move(waiting);
    }
    auto finishing = finish();
    co_await std::move(finishing);
}

net::Task<bool> Forwarding::rest(net::Deadline until) {
    auto waiting = net::wait_for(event_);
    resting_ = true;
    const auto woken = co_await net::within(until, std::move(waiting));
    resting_ = false;
    status_.caught_up = net::Loop::now();
    co_return woken.has_value();
}

void Forwarding::say_connected() {
    status_.state = "connected";
    if (std::exchange(told_error_, false)) {
        status_.why.clear();
        log::info("forward.connected", {{"name", settings_.name}});
    }
}

/// One line in the log when it begins to fail, not one for each attempt.
net::Task<void> Forwarding::wait_after(const Error& error, net::Deadline begun) {
    ++status_.errors;
    const bool lived = status_.state == "connected";
    status_.state = "waiting";
    status_.why = to_text(error).substr(0, error_bytes_max);
    if (!std::exchange(told_error_, true))
        log::warn("forward.failed", {{"name", settings_.name}, {"error", status_.why}});
    const auto life = lived ? net::Loop::now() - begun : net::Deadline::duration{};
    const auto delay = retry_.next_delay(
        wiring_.dice(), {.lived = std::chrono::duration_cast<std::chrono::milliseconds>(life)});
    const auto until = net::Loop::now() + std::max(delay, gather);
    while (!stopping_ && net::Loop::now() < until) {
        auto waiting = net::wait_for(event_);
        (void)co_await net::within(until, std::move(waiting));
    }
}

Forwarding::Status Forwarding::report() const {
    auto status = status_;
    if (resting_) status.caught_up = net::Loop::now();
    return status;
}

}  // namespace sallyport::forward
