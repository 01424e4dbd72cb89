#include "daemon/strict_record.hpp"

#include "base/error.hpp"

namespace sallyport::daemon {

Result<StrictRecord> make_strict(audit::Log& log, audit::Sequence sequence) {
    if (sequence == audit::not_recorded) {
        if (log.healthy()) return StrictRecord{.recorded = false};
        return log.failure().value_or(Error{Errc::unavailable, "the audit log is closed"});
    }
    const auto sealed = log.seal(sequence + 1);
    if (!sealed) return sealed.error();
    return StrictRecord{.sealed = true, .witnessed = sealed->witnessed};
}

}  // namespace sallyport::daemon
