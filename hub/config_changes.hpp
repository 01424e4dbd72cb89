#pragma once

#include "daemon/config_change.hpp"
#include "hub/config.hpp"

#include <string>
#include <vector>

namespace sallyport::hub {

/// What a running hub makes of a changed hub.toml: the keys it cannot take without a restart keep
/// in `after` the value they have in `running`. Says which of them differ, as they are written in
/// the file.
std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& after);

/// What comes into force with `after`, and what does not without a restart: `kept`, as the function
/// above says. Keys are called as in the file, categories as the agent's.
daemon::ConfigChange compare(const Config& running, const Config& after,
                             const std::vector<std::string>& kept);

}  // namespace sallyport::hub
