#include "daemon/admin_act.hpp"

#include "base/error.hpp"
#include "daemon/account.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/strict_record.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr int ok = 200;
constexpr int server_error = 500;

/// {"error": {"message": ...}} or nothing.
std::string reason_of(const json::value& body) {
    const auto* object = body.if_object();
    const auto* error = object == nullptr ? nullptr : object->if_contains("error");
    if (error == nullptr || !error->is_object()) return {};
    const auto* message = error->get_object().if_contains("message");
    return message != nullptr && message->is_string() ? std::string(message->get_string()) : "";
}

/// {"changed": {"object": ..., "before": ..., "after": ...}} or nothing.
std::string changed(const json::value& body, std::string_view what) {
    const auto* object = body.if_object();
    const auto* change = object == nullptr ? nullptr : object->if_contains("changed");
    const auto* text =
        change != nullptr && change->is_object() ? change->get_object().if_contains(what) : nullptr;
    return text != nullptr && text->is_string() ? std::string(text->get_string()) : "";
}

struct Act {
    AdminCaller caller;
    std::string name;
    int status = 0;      // of the answer
    json::value answer;  // null if it is no JSON
};

audit::Sequence put_on_record(audit::Log& log, const Act& act, const std::string& account) {
    const auto reason = reason_of(act.answer);
    const auto object = changed(act.answer, "object");
    const auto before = changed(act.answer, "before");
    const auto after = changed(act.answer, "after");
    const auto who = act.caller.text();
    return log.append(audit::AdminAction{.act = act.name,
                                         .who = who,
                                         .account = account,
                                         .object = object,
                                         .before = before,
                                         .after = after,
                                         .outcome = act.status == ok            ? "done"
                                                    : act.status < server_error ? "refused"
                                                                                : "failed",
                                         .reason = reason});
}

json::object outcome_of(const Result<StrictRecord>& record, bool witness) {
    if (!record) return {{"recorded", false}, {"failure", to_text(record.error())}};
    return {{"recorded", record->recorded},
            {"sealed", record->sealed},
            {"witnessed", record->witnessed},
            {"witness_configured", witness}};
}

}  // namespace

std::optional<http::SimpleResponse> refuse_unrecorded(const AdminVerb& verb,
                                                      const audit::Log& log) {
    // Not admits(): what room there is left on a disk that is nearly full is for these.
    const bool unrecorded = !log.healthy() && log.on_failure() == audit::OnFailure::block;
    if (!unrecorded || verb.without_log == AdminVerb::WithoutLog::allowed) return std::nullopt;
    const auto failure = log.failure();
    return admin_error(503, "audit_unavailable",
                       "this would not be on record, because the audit log has failed" +
                           (failure ? ": " + to_text(*failure) : std::string()) +
                           "; repair it first: audit repair");
}

net::Task<http::SimpleResponse> record_act(ActRecorder recorder, AdminCaller caller,
                                           std::string act, http::SimpleResponse answer) {
    auto& log = recorder.log;
    boost::system::error_code unreadable;
    auto body = json::parse(answer.body, unreadable);
    if (unreadable) body = nullptr;
    const Act done{
        .caller = caller, .name = std::move(act), .status = answer.status, .answer = body};
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    std::function<Result<StrictRecord>()> record = [&log, done, begun] {
        *begun = true;
        return make_strict(log, put_on_record(log, done, account_of(done.caller.user)));
    };
    auto recorded =
        co_await net::run_on_pool<StrictRecord>(recorder.pool, recorder.loop, std::move(record));
    // What was done must not be missing because others keep the pool busy.
    if (!*begun && put_on_record(log, done, {}) != audit::not_recorded) recorded = StrictRecord();
    if (!unreadable && body.is_object()) {
        body.get_object()["record"] = outcome_of(recorded, recorder.witness);
        answer.body = json::serialize(body);
    }
    co_return answer;
}

std::string describe_record(const json::object& answer) {
    const auto* said = answer.if_contains("record");
    if (said == nullptr || !said->is_object()) return {};
    const auto& record = said->get_object();
    if (const auto* failure = record.if_contains("failure"))
        return "NOT ON RECORD, the audit log has failed: " + std::string(failure->get_string()) +
               "\n";
    if (!record.at("recorded").as_bool()) return "not on record: [audit] level is off\n";
    const auto* witnessed = record.at("witnessed").as_bool()            ? "yes"
                            : record.at("witness_configured").as_bool() ? "pending"
                                                                        : "no witness configured";
    return std::string("on record, sealed: ") +
           (record.at("sealed").as_bool() ? "yes" : "pending") + ", witnessed: " + witnessed + "\n";
}

}  // namespace sallyport::daemon
