#pragma once

#include "agent/connector.hpp"
#include "agent/tls_client.hpp"
#include "net/tls_context.hpp"
#include "ssh/host.hpp"

#include <memory>

namespace sallyport::agent {

/// To an internal system through a jump host: a channel of a kept SSH session, and TLS over it
/// where the mapping says so. The jump host resolves the name.
class JumpConnector final : public Connector {
public:
    struct Options {
        std::shared_ptr<ssh::Host> jump_host;
        Target target;
        /// Whom to trust; empty: no TLS.
        std::shared_ptr<const net::TlsContext> tls = nullptr;
    };

    JumpConnector(net::Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {}

    /// Errors: also ssh::Fault.
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login* login,
                                                            net::Deadline deadline) override;

private:
    net::Loop& loop_;
    Options options_;
};

}  // namespace sallyport::agent
