// Keys of a configuration on disk that wait for a restart of the program.
#pragma once

#include "daemon/finding.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// `restart_needed` of `status`, and of what a reload answers.
boost::json::array restart_needed_json(const std::vector<std::string>& keys);

/// A line for people from an answer that has it; empty if nothing waits.
std::string describe_restart_needed(const boost::json::object& said);

/// The same as a finding, from the `status` of either program; pure. `unit`: what is restarted.
void judge_restart_needed(const boost::json::object& status, std::string_view unit, Findings& into);

}  // namespace sallyport::daemon
