#pragma once

#include "agent/login.hpp"
#include "base/result.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/task.hpp"

#include <memory>

namespace sallyport::agent {

/// How a connection to one internal system is made: TCP, TLS with a certificate, through a jump
/// host.
class Connector {
public:
    virtual ~Connector() = default;
    /// Connected and not attached. `login` may be null; it must stay until the coroutine ends.
    /// Errors: Errc::unavailable, timed_out, untrusted.
    virtual net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login* login,
                                                                    net::Deadline deadline) = 0;
};

}  // namespace sallyport::agent
