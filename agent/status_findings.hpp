#pragma once

#include "daemon/finding.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::agent {

/// What is wrong, and what to do, from what the running agent says of itself (`status --json`).
/// Pure. `digest`: of the configuration on disk; empty: nobody knows.
daemon::Findings status_findings(const boost::json::object& status, const std::string& digest);

}  // namespace sallyport::agent
