// One [[mapping.rule]]; for mappings/config.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/moment.hpp"
#include "mappings/rule.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// Nothing if it cannot be used; then the table has a problem.
std::optional<Rule> read_rule(ConfigTable& table);

/// `expires` of a mapping or a rule; empty or missing: never.
std::optional<Moment> read_expires(ConfigTable& table);
/// `scenario` of a rule; empty: none.
std::string read_scenario(ConfigTable& table);

/// Whether it can be the name of a scenario: 1 to 64 characters of A-Z a-z 0-9 . _ -
bool is_scenario_name(std::string_view text);

/// What is odd about it, but allowed. `where` names its mapping.
void warn_of_rule(const Rule& rule, const std::string& where, std::vector<std::string>& warnings);

}  // namespace sallyport::mappings
