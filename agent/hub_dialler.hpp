#pragma once

#include "agent/hub_address.hpp"
#include "agent/proxy_way.hpp"
#include "net/connect.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <memory>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// A connection to `hub`, without TLS yet: names are resolved afresh, the proxy is asked for a
/// tunnel if there is one. Not attached. Errors say which hop failed and what to do.
net::Task<Result<std::unique_ptr<net::Duplex>>> dial_hub(net::BlockingPool& pool, net::Loop& loop,
                                                         HubAddress hub, ProxyWay way,
                                                         net::Deadline deadline);

}  // namespace sallyport::agent
