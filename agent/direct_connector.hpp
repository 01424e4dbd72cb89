#pragma once

#include "agent/connector.hpp"
#include "agent/tls_client.hpp"
#include "net/connect.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
class Loop;
}  // namespace sallyport::net

namespace sallyport::agent {

/// Straight to an internal system: TCP, and TLS over it where the mapping says so. The name is
/// resolved for every connection. With several addresses the one that worked last comes first; one
/// that does not answer leaves the others their share of the time.
class DirectConnector final : public Connector {
public:
    struct Options {
        std::vector<Target> targets;  // at least one
        /// Whom to trust; empty: plain TCP, on which no login shows its certificate.
        std::shared_ptr<const net::TlsContext> tls = nullptr;
        net::ConnectOptions connect = {};
    };

    DirectConnector(net::Loop& loop, net::BlockingPool& pool, Options options);

    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login* login,
                                                            net::Deadline deadline) override;

private:
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect_to(const Target& target,
                                                               const Login* login,
                                                               net::Deadline deadline);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    Options options_;
    std::size_t last_good_ = 0;
};

}  // namespace sallyport::agent
