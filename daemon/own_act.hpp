#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "daemon/strict_record.hpp"

#include <string>
#include <string_view>

namespace sallyport::daemon {

/// Puts on record what whoever runs this process has done, in a log that this process has opened
/// itself because no daemon runs, and waits until that is sealed. Blocks. Errors: why the log has
/// failed.
Result<StrictRecord> record_own_act(audit::Log& log, std::string_view act, std::string_view object,
                                    std::string_view after);

}  // namespace sallyport::daemon
