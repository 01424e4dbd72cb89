#pragma once

#include "agent/mapping_states.hpp"
#include "daemon/metrics.hpp"

#include <vector>

namespace sallyport::agent {

/// How the internal hosts of mappings are, and what was refused or tried again because of it.
void add_back_ends(daemon::Metrics& metrics, const std::vector<MappingState::Snapshot>& mappings);

}  // namespace sallyport::agent
