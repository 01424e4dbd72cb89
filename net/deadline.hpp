#pragma once

#include <chrono>

namespace sallyport::net {

/// A point in time travels down the calls, not a time-out: the outermost scope makes it.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(std::chrono::steady_clock::duration time) {
    return std::chrono::steady_clock::now() + time;
}

}  // namespace sallyport::net
