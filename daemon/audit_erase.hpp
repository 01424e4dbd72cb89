#pragma once

#include "audit/erasure.hpp"
#include "base/result.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_caller.hpp"
#include "http/simple_service.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace sallyport::daemon {

/// Records itself what it did, unlike other commands; what it did not do, or only counted, is on
/// record as theirs are: who counts learns whether somebody is in the log.
inline constexpr std::string_view erase_target = "/v1/audit/erase";

/// The body of `POST /v1/audit/erase`: {"subject", "pattern", "until", "reason", "dry_run"}; all
/// but the subject may be left out.
boost::json::object to_json(const audit::ErasureOrder& order);
/// Errors: Errc::malformed.
Result<audit::ErasureOrder> read_erasure_order(std::string_view body);

/// Answers it: erases on the pool. The log must outlive the pool, which finishes what has begun,
/// also when nobody hears it.
net::Task<http::SimpleResponse> erase_audit(ActRecorder recorder, std::string_view body,
                                            AdminCaller caller);

/// The answer for people.
std::string describe_erasure(const boost::json::object& erased, const audit::ErasureOrder& order);

}  // namespace sallyport::daemon
