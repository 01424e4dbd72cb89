#include "daemon/audit_query.hpp"

#include "audit/events.hpp"
#include "audit/query_page.hpp"
#include "base/error.hpp"
#include "certs/strict_json.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/moment.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

Error invalid_query(const std::string& what) { return {Errc::malformed, what}; }

/// Where the text of a key goes; null: it is none of a text.
std::string* query_text(audit::Filter& filter, std::string_view key) {
    const std::array<std::pair<std::string_view, std::string*>, 14> texts{
        {{"event", &filter.event},
         {"exchange", &filter.exchange},
         {"tenant", &filter.tenant},
         {"client", &filter.client},
         {"virtual_host", &filter.virtual_host},
         {"method", &filter.method},
         {"path", &filter.path},
         {"rule", &filter.rule},
         {"function", &filter.function},
         {"operation", &filter.operation},
         {"outcome", &filter.outcome},
         {"decision", &filter.decision},
         {"agent", &filter.agent},
         {"trace", &filter.trace}}};
    const auto* const found =
        std::ranges::find(texts, key, &std::pair<std::string_view, std::string*>::first);
    return found == texts.end() ? nullptr : found->second;
}

Result<void> read_query_moment(const json::value& value, std::string_view key, audit::WallTime now,
                               std::optional<audit::WallTime>& into) {
    if (!value.is_string()) return invalid_query("\"" + std::string(key) + "\" is no text");
    const auto moment = parse_moment(std::string(value.get_string()), now);
    if (!moment) return invalid_query("\"" + std::string(key) + "\": " + moment.error().detail);
    into = *moment;
    return {};
}

std::optional<std::uint64_t> query_number(const json::value& value) {
    if (value.is_uint64()) return value.get_uint64();
    if (value.is_int64() && value.get_int64() >= 0)
        return static_cast<std::uint64_t>(value.get_int64());
    return std::nullopt;
}

Result<void> read_query_member(const std::string& key, const json::value& value,
                               audit::WallTime now, AuditQuery& query) {
    auto& filter = query.filter;
    if (key == "since") return read_query_moment(value, key, now, filter.since);
    if (key == "until") return read_query_moment(value, key, now, filter.until);
    if (key == "user")
        return invalid_query(
            "\"user\" is a personal value, and none of these are told here: ask with the command "
            "`audit query --user` on this machine");
    if (auto* text = query_text(filter, key); text != nullptr && value.is_string()) {
        *text = std::string(value.get_string());
        return {};
    }
    if (key == "location" && value.is_string()) {
        filter.location = std::string(value.get_string());
        return {};
    }
    const auto number = query_number(value);
    if (number && (key == "from" || key == "to")) {
        (key == "from" ? filter.from : filter.to) = *number;
        return {};
    }
    if (number && key == "limit" && *number >= 1 && *number <= query_findings_max) {
        query.findings = static_cast<std::size_t>(*number);
        return {};
    }
    if (key == "limit")
        return invalid_query("\"limit\" must be 1 to " + std::to_string(query_findings_max));
    return invalid_query("\"" + key + "\" is not known, or not of the right kind");
}

json::object to_json(const audit::QueryPage& page) {
    json::array findings;
    auto unreadable = page.summary.unreadable;
    for (const auto& finding : page.findings) {
        json::array records;
        for (const auto& line : finding.lines) {
            auto record = certs::parse_strict_object(line, {.bytes_max = 2 * line.size() + 1});
            if (record)
                records.push_back(std::move(*record));
            else
                ++unreadable;
        }
        findings.push_back(json::object{{"records", std::move(records)}});
    }
    json::object out{{"findings", std::move(findings)},
                     {"ends_unread", page.summary.ends_unread},
                     {"unreadable", unreadable},
                     {"damaged", page.summary.damaged}};
    if (page.summary.next) out["next"] = *page.summary.next;
    return out;
}

http::SimpleResponse busy_with_query() {
    auto response = admin_error(503, "busy", "another query is answered; ask again");
    response.fields.emplace_back("retry-after", "1");
    return response;
}

/// Lets a job on the pool know that its caller has gone.
class QueryCaller {
public:
    ~QueryCaller() { *has_gone_ = true; }
    std::function<bool()> asked() const {
        return [has_gone = has_gone_] { return has_gone->load(); };
    }

private:
    std::shared_ptr<std::atomic<bool>> has_gone_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

std::string fault_of_outcome(const std::string& pattern) {
    constexpr std::array all{audit::outcome::answered,   audit::outcome::refused,
                             audit::outcome::failed,     audit::outcome::timed_out,
                             audit::outcome::aborted,    audit::outcome::lost,
                             std::string_view("allowed")};
    const auto met = [&](std::string_view outcome) { return audit::matches(pattern, outcome); };
    if (std::ranges::any_of(all, met)) return {};
    return "is none of answered, refused, failed, timed_out, aborted, lost and allowed";
}

std::string fault_of_trace(const std::string& pattern) {
    constexpr std::size_t digits = 32;
    const bool good =
        pattern.size() <= digits && pattern.find_first_not_of("0123456789abcdef*?") == pattern.npos;
    if (good) return {};
    return "is no trace id: 32 hexadecimal digits in small letters, the second part of traceparent";
}

Result<AuditQuery> read_audit_query(std::string_view body, audit::WallTime now) {
    AuditQuery query;
    query.filter.personal = audit::Filter::Personal::committed;
    const auto object =
        body.empty() ? Result<json::object>(json::object()) : certs::parse_strict_object(body);
    if (!object) return object.error();
    for (const auto& [key, value] : *object)
        if (auto read = read_query_member(key, value, now, query); !read) return read.error();
    const auto& filter = query.filter;
    // What nothing can ever match looks like "nothing was found".
    if (const auto fault = fault_of_outcome(filter.outcome);
        !filter.outcome.empty() && !fault.empty())
        return invalid_query("\"outcome\" " + fault);
    if (const auto fault = fault_of_trace(filter.trace); !fault.empty())
        return invalid_query("\"trace\" " + fault);
    if (!filter.decision.empty() && filter.decision != "allowed" && filter.decision != "refused")
        return invalid_query("\"decision\" is neither allowed nor refused");
    if (filter.from && filter.to && *filter.from > *filter.to)
        return invalid_query("\"from\" is behind \"to\"");
    return query;
}

net::Task<http::SimpleResponse> AuditQueries::answer(std::string_view body) {
    const auto query = read_audit_query(body, audit::Clock::system().now().wall);
    if (!query) co_return admin_error(422, "invalid", query.error().detail);
    if (is_busy_->exchange(true)) co_return busy_with_query();
    // Free again when the job has ended or is dropped, not when its caller has gone.
    std::shared_ptr<void> turn(nullptr, [is_busy = is_busy_](void*) { *is_busy = false; });
    const QueryCaller caller;
    const audit::QueryLimits limits{.findings = query->findings, .stop = caller.asked()};
    std::function<Result<std::string>()> read = [filter = query->filter, limits, folder = folder_,
                                                 turn]() -> Result<std::string> {
        const auto page = audit::query_page(folder, filter, limits);
        if (!page) return page.error();
        return json::serialize(to_json(*page));
    };
    auto told = co_await net::run_on_pool<std::string>(pool_, loop_, std::move(read));
    if (!told && told.error().code == Errc::limit)
        co_return admin_error(503, "busy", to_text(told.error()));
    if (!told) co_return admin_error(503, "audit_unavailable", to_text(told.error()));
    http::SimpleResponse response;
    response.body = std::move(*told);
    co_return response;
}

}  // namespace sallyport::daemon
