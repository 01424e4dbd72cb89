#include "daemon/watchdog.hpp"

#include "base/log.hpp"
#include "daemon/service_manager.hpp"
#include "net/within.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <numeric>

namespace sallyport::daemon {
namespace {

namespace asio = boost::asio;

/// It wants to hear of us twice in its time (sd_watchdog_enabled(3)); one may come late.
constexpr int looks_per_time = 4;

std::chrono::microseconds interval_of(std::optional<std::chrono::microseconds> time) {
    const std::chrono::microseconds longest = Watchdog::look_interval;
    return time ? std::min(longest, *time / looks_per_time) : longest;
}

}  // namespace

struct Watchdog::Heard {
    explicit Heard(std::size_t loops) : liveness(loops), links(loops) {}
    Liveness liveness;
    std::vector<std::size_t> links;
};

Watchdog::Watchdog(Wiring wiring)
    : wiring_(std::move(wiring)), heard_(std::make_shared<Heard>(wiring_.loops.size())) {}

net::Task<void> Watchdog::run() {
    const auto interval = interval_of(wiring_.time);
    while (!let_go_) {
        look();
        co_await net::sleep_for(interval);
    }
}

void Watchdog::let_go() {
    let_go_ = true;
    if (wiring_.time) notify_no_watchdog();
}

void Watchdog::look() {
    const auto turn = heard_->liveness.turn();
    for (const auto index : turn.ask)
        wiring_.loops[index].ask(
            [heard = heard_, index, executor = wiring_.loop.executor()](Pulse pulse) {
                asio::post(executor, [heard, index, pulse] {
                    heard->liveness.answered(index, pulse.well);
                    heard->links[index] = pulse.links;
                });
            });
    judge(turn.held_up);
    if (wiring_.time && all_well()) notify_alive();
    const auto& links = heard_->links;
    auto status = held_up_
                      ? "held up: " + wiring_.loops[held_up_->loop].name
                      : wiring_.status(std::accumulate(links.begin(), links.end(), std::size_t{0}));
    if (status == told_) return;
    notify_status(status);
    told_ = std::move(status);
}

void Watchdog::judge(std::optional<Liveness::HeldUp> held_up) {
    if (held_up && held_up != held_up_)
        log::error(
            "loop.held_up",
            {{"loop", wiring_.loops[held_up->loop].name},
             {"what", held_up->answers ? "it does not try to connect any more"
                                       : "its event loop does not turn"},
             {"do", "nothing under systemd, which starts the service again; report it as a bug"}});
    if (!held_up && held_up_)
        log::info("loop.turns", {{"loop", wiring_.loops[held_up_->loop].name}});
    held_up_ = held_up;
}

}  // namespace sallyport::daemon
