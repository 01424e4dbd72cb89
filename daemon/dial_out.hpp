#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "daemon/proxy_way.hpp"
#include "daemon/server_address.hpp"
#include "net/connect.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <filesystem>
#include <memory>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::daemon {

/// "user:password" as ProxyWay::credentials names it. Errors: those of reading.
Result<Secret> read_proxy_credentials(const std::filesystem::path& file);

/// A connection to `server`, without TLS yet: names are resolved afresh, the proxy is asked for a
/// tunnel if there is one. Not attached. Errors say which hop failed and what to do.
net::Task<Result<std::unique_ptr<net::Duplex>>> dial_out(net::BlockingPool& pool, net::Loop& loop,
                                                         ServerAddress server, ProxyWay way,
                                                         net::Deadline deadline);

}  // namespace sallyport::daemon
