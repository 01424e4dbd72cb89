#pragma once

#include "hub/config.hpp"

#include <string>
#include <vector>

namespace sallyport::hub {

/// What a running hub makes of a changed hub.toml: the keys it cannot take without a restart keep
/// in `after` the value they have in `running`. Says which of them differ, as they are written in
/// the file.
std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& after);

}  // namespace sallyport::hub
