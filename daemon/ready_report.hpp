// What the commands `status` and `ready` say of readiness.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace sallyport::daemon {

inline constexpr unsigned ready_wait_seconds_max = 3'600;

/// {"ready", "not_ready"} of a running program; waits up to `wait` for it to be ready, and for its
/// socket to be there. Errors: as ask_daemon.
Result<boost::json::object> ask_ready(const std::filesystem::path& socket,
                                      std::chrono::seconds wait);

bool is_ready(const boost::json::object& told);
/// Why a program is not ready, a line each, from "not_ready"; empty if it is.
std::string describe_not_ready(const boost::json::object& told);
/// "ready", or why not.
std::string describe_readiness(const boost::json::object& told);

}  // namespace sallyport::daemon
