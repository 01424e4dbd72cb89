// The principal of a [[mapping]]; for mappings/config.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

namespace sallyport::mappings {

PrincipalPolicy read_principal(ConfigTable table, bool knows_kerberos);

/// Fills in what follows from the rest of the mapping, and says what does not go with it.
void complete_principal(ConfigTable& table, Mapping& mapping);

}  // namespace sallyport::mappings
