#pragma once

#include "daemon/finding.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace sallyport::daemon {

/// What is wrong with the audit log, its targets and its witnesses, from the `status` of either
/// program; pure. `program` as one types it: "sallyport".
void judge_audit_status(const boost::json::object& status, std::string_view program,
                        Findings& into);

}  // namespace sallyport::daemon
