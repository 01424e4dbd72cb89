#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <optional>

namespace sallyport::mappings {

/// via = "ssh://user@host:22"; empty or missing: none.
std::optional<JumpHost> read_via(ConfigTable& table);

}  // namespace sallyport::mappings
