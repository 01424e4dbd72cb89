#pragma once

#include "mappings/mapping.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::agent {

/// What a mapping exposes, and whether it is open at `now`: as `mappings list --json` and the
/// daemon tell it.
boost::json::object mapping_json(const mappings::Mapping& mapping, mappings::Moment now);

/// The same for people: a line for the mapping, and one for each rule below it.
std::string describe_mapping(const mappings::Mapping& mapping, mappings::Moment now);

/// Of `overrides` in the daemon's status, and what `mappings list` says of one: a line.
std::string describe_override(const boost::json::object& override);

}  // namespace sallyport::agent
