#include "agent/retry_policy.hpp"

namespace sallyport::agent {

NextStep next_attempt(const FailedAttempt& failed) {
    if (failed.over || failed.answer_begun || failed.body_touched) return {};
    if (!failed.sent && failed.another_host) return {.attempt = NextAttempt::another_host};
    if (failed.sent && !failed.idempotent) return {};
    if (failed.retries >= failed.retries_max) return {};
    return {.attempt = failed.another_host ? NextAttempt::another_host : NextAttempt::same_host,
            .costs = true};
}

bool RetryBudget::take() {
    auto credit = credit_.load(std::memory_order_relaxed);
    while (credit >= requests_per_retry)
        if (credit_.compare_exchange_weak(credit, credit - requests_per_retry,
                                          std::memory_order_relaxed))
            return true;
    return false;
}

}  // namespace sallyport::agent
