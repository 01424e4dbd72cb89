#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <string>
#include <vector>

namespace sallyport::mappings {

/// Reads the [[mapping]] tables of a document (docs/CONFIGURATION.md#mapping). Problems go to the
/// document's list; what is odd but allowed goes to `warnings`.
std::vector<Mapping> read_mappings(ConfigTable& document, std::vector<std::string>& warnings);

}  // namespace sallyport::mappings
