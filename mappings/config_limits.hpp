// limits and health of a [[mapping]]; for mappings/config*.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <optional>

namespace sallyport::mappings {

/// The table `limits`. Problems go to its list.
Limits read_limits(ConfigTable table);

/// The table `health`, if there is one.
std::optional<HealthRules> read_health(ConfigTable& mapping);

/// Keys that say nothing on a mapping of this kind would look as if they did.
void refuse_foreign_limits(ConfigTable limits, const InternalHost& internal);

/// What the hosts of a list must have in common, and what goes with one host only.
void check_hosts(ConfigTable& table, const Mapping& mapping);

}  // namespace sallyport::mappings
