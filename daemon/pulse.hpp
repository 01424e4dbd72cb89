#pragma once

#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace sallyport::daemon {

/// How many of these event loops do not answer within `patience`: their threads hang, or have so
/// much to do that it comes to the same. Returns as soon as all have answered. The loops outlive
/// `own`'s run.
net::Task<std::size_t> count_silent(net::Loop& own, std::vector<net::Executor> others,
                                    std::chrono::milliseconds patience);

/// Of /livez.
inline constexpr std::chrono::seconds pulse_patience{5};

}  // namespace sallyport::daemon
