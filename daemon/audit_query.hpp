// `POST /v1/audit/query`: the running program looks into its audit log for an administrator.
#pragma once

#include "audit/clock.hpp"
#include "audit/query.hpp"
#include "base/result.hpp"
#include "http/simple_service.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::daemon {

inline constexpr std::string_view audit_query_target = "/v1/audit/query";

/// What is asked for at once.
struct AuditQuery {
    audit::Filter filter{};
    std::size_t findings = 100;
};

/// Of one answer.
inline constexpr std::size_t query_findings_max = 500;

/// The body: patterns as the command has them ("since", "until", "event", "exchange", "tenant",
/// "client", "virtual_host", "method", "path", "rule", "function", "operation", "outcome",
/// "decision", "agent", "trace", "location"), "from" and "to" (sequences), "limit"; each may be
/// left out. Personal values are not told, so "user" cannot be asked for. Errors: Errc::malformed.
Result<AuditQuery> read_audit_query(std::string_view body, audit::WallTime now);

/// Why no record can have such an outcome; empty if one can.
std::string fault_of_outcome(const std::string& pattern);
/// Likewise of a trace id. Somebody may have the whole header at hand.
std::string fault_of_trace(const std::string& pattern);

/// Answers queries on the pool, one at a time. Lives on the loop.
class AuditQueries {
public:
    AuditQueries(net::Loop& loop, net::BlockingPool& pool, std::filesystem::path folder)
        : loop_(loop), pool_(pool), folder_(std::move(folder)) {}

    /// {"findings": [{"records": [...]}], "next", "ends_unread", "unreadable", "damaged"}; 503
    /// while another one is answered. What it reads is bounded by audit::QueryLimits.
    net::Task<http::SimpleResponse> answer(std::string_view body);

private:
    net::Loop& loop_;
    net::BlockingPool& pool_;
    std::filesystem::path folder_;
    /// One is read, perhaps for nobody any more.
    std::shared_ptr<std::atomic<bool>> is_busy_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace sallyport::daemon
