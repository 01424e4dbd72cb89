#pragma once

#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <chrono>

namespace sallyport::test {

/// Runs the loop until `condition()` holds. The limit only ends a test that would hang; it measures
/// nothing, and stands below the one that ends the test's process. Says whether the condition came
/// true.
template <class Condition>
bool run_until(net::Loop& loop, Condition condition,
               std::chrono::seconds limit = std::chrono::seconds(50)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    loop.io.restart();
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        if (loop.io.run_one_for(std::chrono::milliseconds(100)) == 0) loop.io.restart();
    }
    return true;
}

/// Runs the loop until the group's tasks have ended.
inline bool run_until_done(net::Loop& loop, net::TaskGroup& group) {
    return run_until(loop, [&] { return group.empty(); });
}

/// Runs what can run now.
inline void settle(net::Loop& loop) {
    loop.io.restart();
    while (loop.io.poll() > 0) loop.io.restart();
}

}  // namespace sallyport::test
