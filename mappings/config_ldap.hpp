#pragma once

#include "base/config_reader.hpp"
#include "mappings/internal_host.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::mappings {

/// `operations` of a mapping: what ldap::Policy::of takes; empty where it is not set. Problems go
/// to the table.
std::vector<std::string> read_operations(ConfigTable& table,
                                         const std::optional<InternalHost>& internal,
                                         std::vector<std::string>& warnings);

}  // namespace sallyport::mappings
