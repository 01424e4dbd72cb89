#include "agent/host_fault.hpp"

#include "base/error.hpp"
#include "net/tls_fault.hpp"

namespace sallyport::agent {
namespace {

/// What the agent found out about the host by itself, whoever logs on.
bool is_found_out(const Error& error) {
    return error.code == Errc::timed_out || error.code == Errc::unavailable ||
           error.code == Errc::untrusted || error.code.category() == net::tls_category() ||
           error.code.category() != category();
}

}  // namespace

std::optional<CircuitBreaker::Fault> host_fault(const Error& error, AttemptFacts facts) {
    using Fault = CircuitBreaker::Fault;
    for (const auto own : {Errc::aborted, Errc::limit, Errc::malformed, Errc::denied})
        if (error.code == own) return std::nullopt;
    if (!facts.connected) {
        // An alert in the handshake may be about the certificate that one user's login shows.
        if (facts.shows_certificate && !is_found_out(error)) return std::nullopt;
        return Fault::no_connection;
    }
    if (error.code == Errc::timed_out) {
        if (!facts.request_out) return std::nullopt;  // it waits, as we do, for the caller
        return Fault::no_answer;
    }
    // TLS 1.3 servers refuse a client's certificate after the handshake.
    if (facts.shows_certificate) return std::nullopt;
    return Fault::no_answer;
}

}  // namespace sallyport::agent
