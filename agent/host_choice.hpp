#pragma once

#include "agent/circuit_breaker.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace sallyport::agent {

/// An internal host as one who chooses sees it.
struct HostView {
    CircuitBreaker::Admission admission = CircuitBreaker::Admission::pass;
    bool healthy = true;  // as checks of it say
    bool tried = false;   // by this exchange, without success
};

/// Which of the hosts, in the order of the configuration, an exchange goes to: the first that is
/// healthy and may be asked. A health check that fails everywhere, for instance because its path is
/// wrong, keeps nobody out: then the first counts that may be asked. Pure.
std::optional<std::size_t> choose_host(std::span<const HostView> hosts);

}  // namespace sallyport::agent
