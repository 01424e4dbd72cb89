#pragma once

#include "agent/circuit_breaker.hpp"
#include "base/result.hpp"

#include <optional>

namespace sallyport::agent {

/// What of a failed attempt matters to the question whose fault it was.
struct AttemptFacts {
    bool connected = false;          // there was a connection, and the request was written to it
    bool request_out = false;        // all of it
    bool shows_certificate = false;  // the connection logs somebody on
};

/// Whether the internal host is to blame for `error`, and how; nothing if it may be the caller, who
/// left or is slow, one user, whose certificate it does not like, or our own limits. Pure.
std::optional<CircuitBreaker::Fault> host_fault(const Error& error, AttemptFacts facts);

}  // namespace sallyport::agent
