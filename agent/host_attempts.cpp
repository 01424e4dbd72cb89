#include "agent/host_attempts.hpp"

#include "base/error.hpp"

namespace sallyport::agent {

bool HostAttempts::begin(Time now) {
    while (const auto chosen = state_.choose(tried_, now)) {
        attempt_ = state_.host(*chosen).begin(now);
        if (!attempt_) {  // somebody else was faster to find out how it is
            tried_.set(*chosen);
            continue;
        }
        host_ = *chosen;
        if (audit_ != nullptr) audit_->route().attempt(host_);
        return true;
    }
    return false;
}

bool HostAttempts::has_another(Time now) const {
    if (state_.host_count() == 1) return false;
    auto tried = tried_;
    tried.set(host_);
    return state_.choose(tried, now).has_value();
}

void HostAttempts::answered(int status) {
    const bool is_gateway_error = status >= 502 && status <= 504;
    if (!is_gateway_error || !state_.counts_gateway_errors()) return attempt_.answered();
    attempt_.failed(CircuitBreaker::Fault::no_connection, std::chrono::steady_clock::now(),
                    "it answered " + std::to_string(status));
}

void HostAttempts::failed(const Error& error, AttemptFacts facts, Time now) {
    if (const auto fault = host_fault(error, facts))
        attempt_.failed(*fault, now, to_text(error));
    else
        attempt_.end();
}

NextAttempt HostAttempts::next(FailedAttempt failed, Time now) {
    failed.another_host = has_another(now);
    failed.retries = retries_;
    failed.retries_max = state_.retries_max();
    const auto step = next_attempt(failed);
    if (step.attempt == NextAttempt::none) return step.attempt;
    if (step.costs) {
        if (!state_.take_retry()) return NextAttempt::none;
        ++retries_;
    }
    if (step.attempt == NextAttempt::another_host) {
        tried_.set(host_);
        state_.count_fail_over();
    } else {
        tried_.reset();
    }
    return step.attempt;
}

}  // namespace sallyport::agent
