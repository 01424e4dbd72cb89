#pragma once

#include <atomic>
#include <cstdint>

namespace sallyport::agent {

/// What is known when an attempt to have a request answered has failed.
struct FailedAttempt {
    bool sent = false;          // a byte of it may have reached the back end
    bool idempotent = false;    // RFC 9110 section 9.2.2
    bool body_touched = false;  // a part of its body was taken, and is gone
    bool answer_begun = false;  // a byte of an answer was there, or the caller has seen one
    bool over = false;          // the caller left, or the time is up
    bool another_host = false;  // one that was not tried may be asked
    std::uint32_t retries = 0;  // already made
    std::uint32_t retries_max = 0;
};

enum class NextAttempt { none, another_host, same_host };

struct NextStep {
    NextAttempt attempt = NextAttempt::none;
    bool costs = false;  // it is a retry: one of retries_max, and of the budget
};

/// Whether there is another attempt, and where. What reached nobody may go to another host whatever
/// it is; what may have arrived is sent again only if that is safe and asked for. Pure.
NextStep next_attempt(const FailedAttempt& failed);

/// A limit on all retries of a mapping together: retries of many would add to the load that made
/// them fail. A fifth of the requests, and a few more after a quiet time.
class RetryBudget {
public:
    static constexpr std::int32_t requests_per_retry = 5;
    static constexpr std::int32_t retries_at_once_max = 10;

    /// A request comes, from any thread. Costs a read while nothing is retried.
    void request() {
        if (credit_.load(std::memory_order_relaxed) < full)
            credit_.fetch_add(1, std::memory_order_relaxed);
    }
    /// Whether one more retry is in it; takes it.
    bool take();

private:
    static constexpr std::int32_t full = requests_per_retry * retries_at_once_max;
    std::atomic<std::int32_t> credit_{full};
};

}  // namespace sallyport::agent
