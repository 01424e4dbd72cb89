#pragma once

#include "agent/config.hpp"
#include "daemon/config_change.hpp"

#include <string>
#include <vector>

namespace sallyport::agent {

/// What a running agent makes of a changed configuration: the keys that it cannot take without a
/// restart keep in `after` the value that they have in `running`. Says which of them differ, as
/// docs/CONFIGURATION.md calls them: "[[hub]]", "workers", "log.format". Pure. A mapping, and what
/// its back end is shown or believed, never waits.
std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& after);

/// Puts what waits, as the function above says, into the record of a reload.
void note_waiting(daemon::ConfigChange& change, const std::vector<std::string>& waiting);

}  // namespace sallyport::agent
