#pragma once

#include "agent/connector.hpp"
#include "ssh/host.hpp"

#include <memory>
#include <utility>

namespace sallyport::agent {

/// Channels of kept SSH sessions on which the server speaks SFTP.
class SftpConnector final : public Connector {
public:
    explicit SftpConnector(std::shared_ptr<ssh::Host> host) : host_(std::move(host)) {}

    /// Errors: ssh::Fault, Errc::timed_out, Errc::limit.
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login*,
                                                            net::Deadline deadline) override {
        return host_->open_subsystem("sftp", deadline);
    }

private:
    std::shared_ptr<ssh::Host> host_;
};

}  // namespace sallyport::agent
