#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

namespace sallyport::daemon {

/// What has become of a record that success waits for.
struct StrictRecord {
    bool recorded = true;    // false: [audit] level leaves it out
    bool sealed = false;     // a checkpoint that this log has signed covers it
    bool witnessed = false;  // and somebody outside has countersigned that
};

/// Waits until a signed checkpoint covers the record with this sequence. Blocks: run it on the
/// pool. Errors: why the log has failed.
Result<StrictRecord> make_strict(audit::Log& log, audit::Sequence sequence);

}  // namespace sallyport::daemon
