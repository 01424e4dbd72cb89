#include "daemon/admin_act.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/account.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/json_text.hpp"
#include "daemon/strict_record.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <chrono>
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

DoneAct done_act(const AdminCaller& caller, std::string name, int status,
                 const json::value& answer) {
    return {.act = std::move(name),
            .who = caller.text(),
            .object = changed(answer, "object"),
            .before = changed(answer, "before"),
            .after = changed(answer, "after"),
            .outcome = status == ok            ? "done"
                       : status < server_error ? "refused"
                                               : "failed",
            .reason = reason_of(answer)};
}

/// What has become of an act, as the pool gets on with it.
struct Progress {
    std::atomic<bool> begun = false;
    std::atomic<bool> kept = false;  // the log has failed; a later one is to have it
};

Result<StrictRecord> record_or_keep(audit::Log& log, UnrecordedActs& unrecorded, const DoneAct& act,
                                    Progress& progress) {
    const auto done_at =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    // What was done before comes first, if the log works again.
    if (auto settled = unrecorded.settle(log); !settled)
        log::error("audit.acts_unsettled", {{"error", to_text(settled.error())}});
    auto recorded = make_strict(log, append_act(log, act));
    if (!recorded) progress.kept = unrecorded.keep(act, done_at).has_value();
    return recorded;
}

json::object outcome_of(const Result<StrictRecord>& record, bool witness, bool kept) {
    if (!record) return {{"recorded", false}, {"failure", to_text(record.error())}, {"kept", kept}};
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
    boost::system::error_code unreadable;
    auto body = json::parse(answer.body, unreadable);
    if (unreadable) body = nullptr;
    const auto done = done_act(caller, std::move(act), answer.status, body);
    const auto progress = std::make_shared<Progress>();
    std::function<Result<StrictRecord>()> record = [recorder, done, progress, user = caller.user] {
        progress->begun = true;
        auto named = done;
        named.account = account_of(user);
        return record_or_keep(recorder.log, recorder.unrecorded, named, *progress);
    };
    auto recorded =
        co_await net::run_on_pool<StrictRecord>(recorder.pool, recorder.loop, std::move(record));
    if (!progress->begun) {
        // What was done must not be missing because others keep the pool busy.
        if (append_act(recorder.log, done) != audit::not_recorded)
            recorded = StrictRecord();
        else if (!recorder.log.healthy())
            UnrecordedActs::tell(done, false);
    }
    if (!unreadable && body.is_object()) {
        body.get_object()["record"] = outcome_of(recorded, recorder.witness, progress->kept);
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
               (flag_at(record, "kept", false) ? "; it is recorded when the log is repaired\n"
                                               : "; the program's log alone tells of it\n");
    if (!record.at("recorded").as_bool()) return "not on record: [audit] level is off\n";
    const auto* witnessed = record.at("witnessed").as_bool()            ? "yes"
                            : record.at("witness_configured").as_bool() ? "pending"
                                                                        : "no witness configured";
    return std::string("on record, sealed: ") +
           (record.at("sealed").as_bool() ? "yes" : "pending") + ", witnessed: " + witnessed + "\n";
}

}  // namespace sallyport::daemon
