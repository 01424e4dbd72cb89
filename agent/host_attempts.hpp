#pragma once

#include "agent/exchange_audit.hpp"
#include "agent/host_fault.hpp"
#include "agent/mapping_state.hpp"
#include "agent/retry_policy.hpp"

#include <chrono>
#include <cstddef>

namespace sallyport::agent {

/// For a connection to a host that another one stands in for: who waits for it most often waits for
/// nothing.
inline constexpr std::chrono::milliseconds connect_timeout_of_many{3'000};

/// The attempts of one exchange at the internal hosts of its mapping, one after the other: which
/// host is next, what its circuit breaker learns, and whether there is another attempt.
class HostAttempts {
public:
    using Time = MappingState::Time;

    /// Both outlive this; `audit` may be null.
    HostAttempts(MappingState& state, ExchangeAudit* audit) : state_(state), audit_(audit) {}

    /// The next attempt; false: no host may be asked.
    bool begin(Time now);
    /// Of the attempt under way.
    std::size_t host() const { return host_; }
    /// Whether there is a host besides, should this one fail.
    bool has_another(Time now) const;
    /// The same host, on another connection: the kept one turned out dead.
    void again() {
        if (audit_ != nullptr) audit_->route().again();
    }
    /// The host has given the head of an answer; later calls do nothing.
    void answered() { attempt_.answered(); }
    void answered(int status);
    /// It has failed, and who is to blame.
    void failed(const Error& error, AttemptFacts facts, Time now);
    /// After failed(): where begin() would go on. Takes what a retry costs.
    NextAttempt next(FailedAttempt failed, Time now);

private:
    MappingState& state_;
    ExchangeAudit* audit_;
    HostState::Attempt attempt_;
    MappingState::Tried tried_;
    std::size_t host_ = 0;
    std::uint32_t retries_ = 0;
};

}  // namespace sallyport::agent
