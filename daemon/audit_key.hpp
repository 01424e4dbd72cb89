#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "http/simple_service.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::daemon {

/// Lets the log be sealed with a new key, on the pool. The log must outlive the pool. Gives what
/// `POST /v1/audit/rotate-key` answers.
net::Task<http::SimpleResponse> rotate_audit_key(audit::Log& log, net::BlockingPool& pool,
                                                 net::Loop& loop, std::string who);

/// The same for people.
std::string describe_key_change(const boost::json::object& change);

}  // namespace sallyport::daemon
