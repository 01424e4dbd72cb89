// One [[mapping.rule]]; for mappings/config.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/rule.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::mappings {

/// Nothing if it cannot be used; then the table has a problem.
std::optional<Rule> read_rule(ConfigTable& table);

/// What is odd about it, but allowed. `where` names its mapping.
void warn_of_rule(const Rule& rule, const std::string& where, std::vector<std::string>& warnings);

}  // namespace sallyport::mappings
