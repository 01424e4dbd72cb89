#pragma once

#include "daemon/admin_caller.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <string>

namespace sallyport::daemon {

/// Who changes what is in force, as records name him.
struct ChangedBy {
    std::string who{};      // "uid:1000", "signal"
    std::string account{};  // the name of that user on this machine; empty: nobody knows
};

/// The caller with the name of his account. A user database in a network that does not answer for
/// two seconds, or a pool that is too busy, holds up no command: then without the name.
net::Task<ChangedBy> changed_by(net::BlockingPool& pool, net::Loop& loop, AdminCaller caller);

}  // namespace sallyport::daemon
