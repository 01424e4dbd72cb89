#pragma once

#include "agent/mapping_states.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace sallyport::agent {

/// How the internal hosts of all mappings are: `back_ends` of the status.
boost::json::array to_json(const std::vector<MappingState::Snapshot>& mappings);

/// The same for people: the mappings of which there is something to be said.
std::string describe_back_ends(const boost::json::array& mappings);

}  // namespace sallyport::agent
