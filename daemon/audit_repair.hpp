#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "http/simple_service.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

namespace sallyport::daemon {

/// Puts a failed log to work again, on the pool. The log must outlive the pool, which finishes what
/// has begun, also when nobody hears it.
net::Task<Result<audit::Repair>> repair_audit(audit::Log& log, net::BlockingPool& pool,
                                              net::Loop& loop);

/// What `POST /v1/audit/repair` answers.
http::SimpleResponse repair_answer(const Result<audit::Repair>& repaired);

}  // namespace sallyport::daemon
