#pragma once

#include "net/loop.hpp"
#include "net/within.hpp"
#include "tests/support/run_loop.hpp"

#include <functional>

namespace sallyport::test {

/// `arm` starts a timer of `interval`; `destroy` ends its owner after the timer has fired, and
/// before its handler runs. Another timer that is due earlier does that: the loop finds both due at
/// once, and calls their handlers in that order.
inline void destroy_when_its_timer_has_fired(net::Loop& loop, std::chrono::milliseconds interval,
                                             const std::function<void()>& arm,
                                             const std::function<void()>& destroy) {
    arm();
    const auto armed = net::Loop::now();
    net::Timer earlier(loop.executor());
    earlier.expires_at(armed);
    earlier.async_wait([&](boost::system::error_code) { destroy(); });
    while (net::Loop::now() <= armed + interval) {
    }
    settle(loop);
}

}  // namespace sallyport::test
