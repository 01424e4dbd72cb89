// `audit retention`: what is asked for over the admin socket, and what it answers.
#pragma once

#include "audit/log.hpp"
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

/// What a request asks for; nothing if it asks for something else.
std::optional<audit::RetentionOrder> read_retention_order(const http::RequestHead& head);

/// Carries it out on the pool. The log must outlive the pool.
net::Task<http::SimpleResponse> retain_audit(audit::Log& log, net::BlockingPool& pool,
                                             net::Loop& loop, audit::RetentionOrder order,
                                             std::string who);

/// --keep-days, --now and --dry-run. The arguments must outlive the parsing.
void add_retention_options(CLI::App& command, audit::RetentionOrder& order, bool& now);

/// The answer for people, in lines.
std::string describe_retention(const boost::json::object& answer);

}  // namespace sallyport::daemon
