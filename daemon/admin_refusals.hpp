#pragma once

#include "audit/log.hpp"
#include "daemon/refusal_budget.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport::daemon {

/// Who was not let in to local administration, or may not do what he asked for, on record. Bounded,
/// because whoever may be refused can be refused often. Of the control loop.
class AdminRefusals {
public:
    using TimePoint = RefusalBudget::TimePoint;

    /// `log` outlives it.
    explicit AdminRefusals(audit::Log& log) : log_(log) {}

    void login(const audit::AdminLogin& event, TimePoint now);
    void act(const audit::AdminAction& event, TimePoint now);
    /// Says how many were left out since it did the last time. To be called now and then.
    void tell_left_out();

    /// Since the start.
    std::uint64_t logins() const { return logins_; }

private:
    void make_safe(audit::Sequence sequence);

    audit::Log& log_;
    RefusalBudget login_budget_;
    RefusalBudget act_budget_;
    std::uint64_t logins_ = 0;
};

}  // namespace sallyport::daemon
