#pragma once

#include "agent/config.hpp"
#include "daemon/config_change.hpp"

namespace sallyport::agent {

/// What is different in another agent.toml.
daemon::ConfigChange compare(const Config& before, const Config& after);

}  // namespace sallyport::agent
