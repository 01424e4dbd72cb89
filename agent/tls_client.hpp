#pragma once

#include "agent/login.hpp"
#include "base/result.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/task.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <string>

namespace sallyport::agent {

/// Where an internal system listens.
struct Target {
    std::string host;  // name or address, an IPv6 one without brackets
    std::uint16_t port = 0;

    /// "db.corp:5432", for people.
    std::string text() const { return host + ":" + std::to_string(port); }
};

/// TLS over a connection that leads to `target`, however it gets there; `login` may show its
/// certificate, and may be null. The result is not attached.
/// Errors: those of net::TlsDuplex::handshake; the detail names the target.
net::Task<Result<std::unique_ptr<net::Duplex>>> speak_tls(
    net::Loop& loop, std::unique_ptr<net::Duplex> wire,
    std::shared_ptr<const net::TlsContext> context, Target target, const Login* login,
    net::Deadline deadline);

}  // namespace sallyport::agent
