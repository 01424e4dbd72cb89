#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "daemon/refusal_budget.hpp"
#include "hub/agent_budgets.hpp"

#include <array>
#include <chrono>
#include <mutex>

namespace sallyport::hub {

/// What the hub puts on record, for all its threads (docs/AUDIT.md#hub). Nobody on a loop's thread
/// waits: the log's own thread writes.
class HubAudit {
public:
    using TimePoint = RefusalBudget::TimePoint;
    /// Of one agent, in RefusalBudget::refusals_window.
    static constexpr std::uint32_t links_recorded_max = 60;
    static constexpr std::uint32_t renewals_max = 30;
    static constexpr std::uint32_t ready_recorded_max = 10;

    /// `log` outlives it.
    explicit HubAudit(audit::Log& log) : log_(log) {}

    template <class Event>
    void note(const Event& event) {
        make_safe(log_.append(event));
    }

    /// What a stranger can cause as often as he likes: so many of a kind are recorded one by one.
    void refused(const audit::LinkRefused& event, TimePoint now);
    void refused(const audit::TokenRefused& event, TimePoint now);
    void refused(const audit::ClientRefused& event, TimePoint now);
    void refused(const audit::EnrolmentRefused& event, TimePoint now);
    /// Whether it is recorded that a link of the agent came, and went; else it is counted.
    bool takes_link(std::string_view tenant, std::string_view agent, TimePoint now);
    /// Whether the agent may have one more certificate: each one is on record.
    bool may_renew(std::string_view tenant, std::string_view agent, TimePoint now);
    /// Whether it is recorded that the agent became ready, or is no longer; else it is counted.
    bool takes_ready(std::string_view tenant, std::string_view agent, TimePoint now);
    /// Says how many were left out since it did the last time.
    void tell_left_out(TimePoint now = std::chrono::steady_clock::now());

    /// Whether what must be on record may be done. Errors: Errc::unavailable, with what to do.
    Result<void> admits() const;
    /// On record before the agent gets it. Blocks. Errors: as admits().
    Result<void> issued(const audit::CertificateIssued& event);

private:
    enum Kind { links, tokens, clients, enrolments, kinds };
    template <class Event>
    void refused(Kind kind, const Event& event, TimePoint now);
    void make_safe(audit::Sequence sequence);

    audit::Log& log_;
    std::mutex mutex_;
    std::array<RefusalBudget, kinds> budgets_;  // under it, as all that follow
    AgentBudgets links_{links_recorded_max};
    AgentBudgets renewals_{renewals_max};
    AgentBudgets ready_{ready_recorded_max};
};

}  // namespace sallyport::hub
