#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "tunnel/control_message.hpp"
#include "tunnel/flow.hpp"

#include <memory>

namespace sallyport::net {
class BlockingPool;
class TlsContext;
}  // namespace sallyport::net

namespace sallyport::agent {

/// Proves that an identity works before anything depends on it: a link to the hub, all the way to
/// its welcome, that carries nothing and ends then. Errors: Errc::denied if the hub said no, with
/// its reason, Errc::untrusted if one of the two did not like the other's certificate; else of the
/// network.
net::Task<Result<void>> try_link(net::Loop& loop, net::BlockingPool& pool,
                                 tunnel::MemoryBudget& budget, HubConfig hub,
                                 std::shared_ptr<const net::TlsContext> context,
                                 tunnel::Hello hello);

}  // namespace sallyport::agent
