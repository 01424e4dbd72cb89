#pragma once

#include "audit/log.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::daemon {

/// How long a stop waits for the seal and for witnesses, together.
inline constexpr std::chrono::milliseconds last_offer_max{2000};

/// Before a stop: seals what is on record, and gives witnesses a moment to countersign it, so that
/// nobody can cut it off while the program does not run. `press` asks those for so many records
/// that can be asked and have not got them, and says whether there are any. Never fails, and never
/// waits longer than `wait`, whatever the disk or the pool does; the log must outlive the jobs of
/// the pool.
net::Task<void> offer_before_stop(net::Loop& loop, net::BlockingPool& pool, audit::Log& log,
                                  std::function<bool(std::uint64_t size)> press,
                                  std::chrono::milliseconds wait = last_offer_max);

}  // namespace sallyport::daemon
