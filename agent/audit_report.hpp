#pragma once

#include "audit/log.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::agent {

/// What `status` says of the audit log.
boost::json::object audit_status(const audit::Log& log);
/// The same for people, in lines.
std::string describe_audit(const boost::json::object& status);

/// What `POST /v1/audit/repair` answers.
boost::json::object to_json(const audit::Repair& repair);
std::string describe_repair(const boost::json::object& repair);

}  // namespace sallyport::agent
