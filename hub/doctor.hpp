#pragma once

#include "daemon/doctor.hpp"
#include "hub/config.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::hub {

/// All checks of `sallyport-hub doctor`, in the order in which they are told. Reads the
/// configuration and asks the daemon; both may be missing, which is a finding. `socket`: of the
/// daemon; empty: as the configuration says.
std::vector<daemon::Check> doctor_checks(const std::filesystem::path& config,
                                         const std::filesystem::path& socket);

// The parts that are pure.

/// What is wrong, from what the running hub says of itself (`status --json`).
daemon::Findings status_findings(const boost::json::object& status);
/// So many descriptors the hub needs if all its limits are reached.
std::uint64_t descriptors_needed(const Config& config);

}  // namespace sallyport::hub
