#pragma once

#include "audit/log.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace sallyport::daemon {

/// What `status` says of the audit log.
boost::json::object audit_status(const audit::Log& log);

/// How a program speaks of itself while its log has failed.
struct AuditWording {
    std::string_view program;   // whose command repairs it
    std::string_view blocked;   // what does not happen
    std::string_view degraded;  // what happens without a record; their number follows
};

/// The same for people, in lines.
std::string describe_audit(const boost::json::object& status, const AuditWording& wording);

/// What `POST /v1/audit/repair` answers.
boost::json::object to_json(const audit::Repair& repair);
std::string describe_repair(const boost::json::object& repair, std::string_view program);

}  // namespace sallyport::daemon
