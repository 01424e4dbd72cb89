#include "daemon/audit_retention.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <CLI/CLI.hpp>
#include <functional>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::string_view keep_days_key = "?keep_days=";
constexpr std::uint64_t keep_days_max = 36'500;

}  // namespace

std::string retention_target(const audit::RetentionOrder& order) {
    std::string target(order.dry_run ? retention_plan_path : retention_now_path);
    if (order.keep_days) target.append(keep_days_key).append(std::to_string(*order.keep_days));
    return target;
}

std::optional<audit::RetentionOrder> read_retention_order(const http::RequestHead& head) {
    if (head.method != "POST") return std::nullopt;
    const std::string_view target = head.target;
    const auto path = target.substr(0, target.find('?'));
    if (path != retention_plan_path && path != retention_now_path) return std::nullopt;
    audit::RetentionOrder order{.dry_run = path == retention_plan_path};
    const auto query = target.substr(path.size());
    if (query.empty()) return order;
    if (!query.starts_with(keep_days_key)) return std::nullopt;
    const auto days = parse_decimal(query.substr(keep_days_key.size()));
    if (!days || *days > keep_days_max) return std::nullopt;
    order.keep_days = static_cast<std::uint32_t>(*days);
    return order;
}

net::Task<http::SimpleResponse> answer_retention(audit::Log& log, net::BlockingPool& pool,
                                                 net::Loop& loop, const AdminCall& call) {
    const auto order = read_retention_order(call.request.head);
    if (!order) co_return admin_error(400, "invalid", "the query must be empty, or keep_days=DAYS");
    co_return co_await retain_audit(log, pool, loop, *order, call.caller.text());
}

net::Task<http::SimpleResponse> retain_audit(audit::Log& log, net::BlockingPool& pool,
                                             net::Loop& loop, audit::RetentionOrder order,
                                             std::string who) {
    std::function<Result<audit::Pruned>()> retain = [&log, order, who = std::move(who)] {
        return log.retain(order, who);
    };
    const auto pruned = co_await net::run_on_pool<audit::Pruned>(pool, loop, std::move(retain));
    if (!pruned)
        co_return admin_error(503, "audit_unavailable",
                              "nothing more is deleted: " + to_text(pruned.error()));
    http::SimpleResponse response;
    json::object out{{"done", !order.dry_run},
                     {"first_left", pruned->first},
                     {"segments", pruned->segments},
                     {"bytes", pruned->bytes},
                     {"disclosures", pruned->disclosures},
                     {"policy", pruned->policy}};
    if (!pruned->reason.empty()) out["reason"] = pruned->reason;
    if (pruned->held > 0) out["held"] = pruned->held;
    if (pruned->held > 0) out["held_by"] = json::value_from(pruned->held_by);
    if (!pruned->untaken.empty()) out["untaken"] = json::value_from(pruned->untaken);
    response.body = json::serialize(out);
    co_return response;
}

void add_retention_options(CLI::App& command, audit::RetentionOrder& order, bool& now) {
    command
        .add_option("--keep-days", order.keep_days,
                    "Keep the records of so many days, instead of what the configuration says")
        ->check(CLI::Range(std::uint64_t{0}, keep_days_max));
    auto* flag = command.add_flag("--now", now, "Delete at once what is not to be kept");
    command.add_flag("--dry-run")
        ->description("Only say what would be deleted (the default)")
        ->excludes(flag);
}

std::string describe_retention(const json::object& answer) {
    const bool done = answer.at("done").as_bool();
    std::string text = "kept: " + text_of(answer.at("policy")) + "\n" +
                       (done ? "deleted: " : "would be deleted: ") +
                       text_of(answer.at("segments")) + " segments, " +
                       text_of(answer.at("bytes")) + " bytes; personal values of " +
                       text_of(answer.at("disclosures")) + " more segments\n" +
                       "oldest record left: " + text_of(answer.at("first_left")) + "\n";
    if (const auto* held = answer.if_contains("held"))
        text += text_of(*held) + " more segments stay, because it has not got them yet: " +
                names_of(answer.at("held_by").as_array()) + "\n";
    if (const auto* untaken = answer.if_contains("untaken"))
        text += "NOT TAKEN by " + names_of(untaken->as_array()) + (done ? "\n" : " yet\n");
    return done ? text : text + "nothing has been deleted: say --now to do it\n";
}

}  // namespace sallyport::daemon
