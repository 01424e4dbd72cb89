#pragma once

#include "certs/restored.hpp"
#include "hub/store_witness.hpp"

#include <string>

namespace sallyport::hub {

/// What the hub makes of the logs of an agent that enrols out of a backup.
struct Succession {
    bool accepted = false;  // the log that follows is expected now: it raises no alarm
    std::string text;       // for people and the audit log: what is known to be missing
};

/// An administrator gave the token for this, so that another log of this agent may begin; it is
/// accepted if it names the log that the hub knows, and does not contradict it. `is_anothers`: the
/// log that follows is another agent's. Pure.
Succession expect_successor(AgentLogs& own, bool is_anothers, const certs::Restored& restored,
                            TimePoint now);

}  // namespace sallyport::hub
