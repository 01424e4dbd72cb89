// `audit retention`: what is asked for over the admin socket, and what it answers.
#pragma once

#include "audit/log.hpp"
#include "daemon/admin_routes.hpp"
#include "http/simple_service.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace sallyport::daemon {

/// How it stands in the record of who asked for it.
inline constexpr std::string_view retention_act = "audit.retention";

/// The target of the request: `/v1/audit/retention/plan`, or `now`, and `?keep_days=N`.
std::string retention_target(const audit::RetentionOrder& order);

/// What only says what would go, and what deletes it. Both take `?keep_days=N`.
inline constexpr std::string_view retention_plan_path = "/v1/audit/retention/plan";
inline constexpr std::string_view retention_now_path = "/v1/audit/retention/now";

/// What a request to one of them asks for; nothing if its query is not one.
std::optional<audit::RetentionOrder> read_retention_order(const http::RequestHead& head);

/// Carries it out on the pool. The log must outlive the pool.
net::Task<http::SimpleResponse> retain_audit(audit::Log& log, net::BlockingPool& pool,
                                             net::Loop& loop, audit::RetentionOrder order,
                                             std::string who);

/// A request to one of the two paths: reads the order and carries it out.
net::Task<http::SimpleResponse> answer_retention(audit::Log& log, net::BlockingPool& pool,
                                                 net::Loop& loop, const AdminCall& call);

/// --keep-days, --now and --dry-run. The arguments must outlive the parsing.
void add_retention_options(CLI::App& command, audit::RetentionOrder& order, bool& now);

/// The answer for people, in lines.
std::string describe_retention(const boost::json::object& answer);

}  // namespace sallyport::daemon
