#include "hub/outbox_drain.hpp"

#include "base/error.hpp"
#include "daemon/strict_record.hpp"
#include "hub/command_context.hpp"

namespace sallyport::hub {

Result<void> OutboxDrain::run() {
    const std::lock_guard turn(mutex_);
    const auto version = store_.data_version();
    if (!version) return version.error();
    if (drained_ == *version) return {};
    if (const auto failure = log_.failure()) return *failure;
    while (true) {
        const auto count = run_batch();
        if (!count) return count.error();
        if (*count < outbox_batch_rows_max) break;
    }
    // What came after the version was asked for changes it once more.
    drained_ = *version;
    return {};
}

Result<std::size_t> OutboxDrain::run_batch() {
    const auto entries = store_.outbox(outbox_batch_rows_max);
    if (!entries) return entries.error();
    if (entries->empty()) return std::size_t{0};
    const auto failures = log_.failures();
    auto last = audit::not_recorded;
    for (const auto& entry : *entries) {
        const auto done_at = to_text(entry.at);
        last = log_.append(audit::AdminAction{.act = entry.act,
                                              .who = entry.actor.who,
                                              .account = entry.actor.account,
                                              .sudo_account = entry.actor.sudo_account,
                                              .tenant = entry.tenant_id,
                                              .object = entry.object,
                                              .before = entry.before,
                                              .after = entry.after,
                                              .outcome = "done",
                                              .done_at = done_at,
                                              .outbox = entry.id});
    }
    if (const auto safe = daemon::make_strict(log_, last); !safe) return safe.error();
    // Repaired since: those before the last one may be gone. They are recorded once more.
    if (log_.failures() != failures)
        return Error{Errc::unavailable, "the audit log failed while acts were being recorded"};
    if (auto settled = store_.settle_outbox(entries->back().id); !settled) return settled.error();
    return entries->size();
}

}  // namespace sallyport::hub
