#include "hub/hub_audit.hpp"

#include "base/error.hpp"
#include "daemon/strict_record.hpp"

namespace sallyport::hub {
namespace {

constexpr std::array<std::string_view, 4> names{"link.refused", "token.refused", "client.refused",
                                                "enrolment.refused"};

}  // namespace

/// Nobody waits: a log that fails says so itself.
void HubAudit::make_safe(audit::Sequence sequence) {
    if (sequence != audit::not_recorded) log_.sync(sequence, [](bool) {});
}

template <class Event>
void HubAudit::refused(Kind kind, const Event& event, TimePoint now) {
    {
        const std::lock_guard lock(mutex_);
        if (!budgets_[kind].take(now)) return;
    }
    note(event);
}

void HubAudit::refused(const audit::LinkRefused& event, TimePoint now) {
    refused(links, event, now);
}
void HubAudit::refused(const audit::TokenRefused& event, TimePoint now) {
    refused(tokens, event, now);
}
void HubAudit::refused(const audit::ClientRefused& event, TimePoint now) {
    refused(clients, event, now);
}
void HubAudit::refused(const audit::EnrolmentRefused& event, TimePoint now) {
    refused(enrolments, event, now);
}

bool HubAudit::takes_link(std::string_view tenant, std::string_view agent, TimePoint now) {
    const std::lock_guard lock(mutex_);
    return links_.take(tenant, agent, now);
}

bool HubAudit::takes_ready(std::string_view tenant, std::string_view agent, TimePoint now) {
    const std::lock_guard lock(mutex_);
    return ready_.take(tenant, agent, now);
}

bool HubAudit::may_renew(std::string_view tenant, std::string_view agent, TimePoint now) {
    const std::lock_guard lock(mutex_);
    return renewals_.take(tenant, agent, now);
}

void HubAudit::tell_left_out(TimePoint now) {
    if (!log_.healthy()) return;  // it would take nothing, and the counts would be gone
    static_assert(names.size() == kinds);
    std::array<std::uint64_t, kinds> counts{};
    std::uint64_t links_left_out = 0;
    std::uint64_t ready_left_out = 0;
    {
        const std::lock_guard lock(mutex_);
        links_left_out = links_.take_left_out(now);
        ready_left_out = ready_.take_left_out(now);
        static_cast<void>(renewals_.take_left_out(now));  // these were refused, and that was told
        for (std::size_t kind = 0; kind < kinds; ++kind)
            counts[kind] = budgets_[kind].take_left_out();
    }
    if (links_left_out > 0)
        note(audit::RefusalsLeftOut{.refused = "link.up", .count = links_left_out});
    if (ready_left_out > 0)
        note(audit::RefusalsLeftOut{.refused = "ready.changed", .count = ready_left_out});
    for (std::size_t kind = 0; kind < kinds; ++kind)
        if (counts[kind] > 0)
            note(audit::RefusalsLeftOut{.refused = names[kind], .count = counts[kind]});
}

Result<void> HubAudit::admits() const {
    if (log_.healthy() || log_.on_failure() == audit::OnFailure::degrade) return {};
    return Error{Errc::unavailable,
                 "the hub's audit log has failed, and no certificate leaves the hub without a "
                 "record; at the hub, sallyport-hub status says why, sallyport-hub audit repair "
                 "lets it go on"};
}

Result<void> HubAudit::issued(const audit::CertificateIssued& event) {
    const auto recorded = daemon::make_strict(log_, log_.append(event));
    if (recorded) return {};
    return admits();
}

}  // namespace sallyport::hub
