#pragma once

#include "agent/host_state.hpp"

namespace sallyport::audit {
class Log;
}

namespace sallyport::agent {

/// Tells the log for operators and the audit log of each change; the audit log outlives what is
/// returned, which may be called on any thread.
TellHostChange record_host_changes(audit::Log& log);

}  // namespace sallyport::agent
