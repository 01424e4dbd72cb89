#pragma once

#include "http/h1_connection.hpp"
#include "http/server_limits.hpp"
#include "hub/api_service.hpp"
#include "net/deadline.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "net/tls_duplex.hpp"

#include <memory>
#include <set>

namespace sallyport::hub {

/// The connections to the hub's API, served on the control loop.
class ApiClients {
public:
    static constexpr std::size_t api_clients_max = 2'000;  // connections, at once

    ApiClients(net::Loop& loop, net::IdleSweep& sweep, Api& api);

    void take(std::unique_ptr<net::TlsDuplex> connection);
    /// Requests that run are finished, or cut at the deadline. Nothing may be taken any more.
    net::Task<void> stop(net::Deadline deadline);

private:
    net::Task<void> serve(std::unique_ptr<net::TlsDuplex> duplex);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Api& api_;
    http::ServerLimits limits_;
    std::set<http::H1Connection*> connections_;
    net::TaskGroup tasks_;
};

}  // namespace sallyport::hub
