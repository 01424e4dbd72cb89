#pragma once

#include "audit/log.hpp"
#include "daemon/metrics.hpp"
#include "forward/forwarders.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace sallyport::daemon {

/// What both programs tell of themselves: version, process, log. `started` is when they did.
void add_program_metrics(Metrics& metrics, std::string_view program,
                         std::chrono::steady_clock::time_point started);

/// How much of [tunnel] memory_budget_mib is taken.
void add_memory_budget(Metrics& metrics, std::size_t used_bytes, std::size_t bytes_max);

/// The audit log, who it is brought to, and who countersigns it: `witnesses` as `status` has them.
void add_audit_metrics(Metrics& metrics, const audit::Log& log,
                       const forward::Forwarders& forwarders, const boost::json::array& witnesses);

}  // namespace sallyport::daemon
