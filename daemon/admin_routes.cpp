#include "daemon/admin_routes.hpp"

#include "base/error.hpp"
#include "daemon/account.hpp"
#include "daemon/admin_server.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;
using Outcome = AdminDecision::Outcome;

std::string_view to_text(AdminRight right) {
    switch (right) {
        case AdminRight::none:
            return "nothing";
        case AdminRight::look:
            return "look";
        case AdminRight::change:
            return "change";
    }
    return {};
}

http::SimpleResponse refusal_for(Outcome outcome) {
    switch (outcome) {
        case Outcome::nothing_allowed:
            return admin_error(403, "not_allowed",
                               "you may not administer this program: become a member of its admin "
                               "or view group, and log in again");
        case Outcome::only_looking:
            return admin_error(403, "only_looking",
                               "you may look, but change nothing: that takes its admin group");
        case Outcome::wrong_method:
            return admin_error(405, "wrong_method", "there is no such method for this path");
        default:
            return admin_error(404, "not_found", "unknown request; GET /v1 lists what there is");
    }
}

}  // namespace

http::SimpleResponse admin_answer(const json::object& facts) {
    http::SimpleResponse response;
    response.body = json::serialize(facts);
    return response;
}

http::SimpleResponse admin_done() { return admin_answer({{"done", true}}); }

AdminRoutes::AdminRoutes(std::function<ActRecorder()> recorder, AdminRefusals& refusals)
    : recorder_(std::move(recorder)), refusals_(refusals) {
    add({.method = "GET", .path = "/v1"}, [this](const AdminCall&) { return list(); });
}

void AdminRoutes::add(AdminVerb verb, Answer answer, std::function<void()> after) {
    verbs_.push_back(verb);
    doings_.push_back({std::move(answer), std::move(after)});
}

net::Task<http::SimpleResponse> AdminRoutes::list() { co_return admin_answer(describe()); }

net::Task<http::SimpleResponse> AdminRoutes::serve(const http::SimpleRequest& request,
                                                   const AdminCaller& caller) {
    const auto decision = decide(verbs_, request.head.method, request.head.target, caller.right);
    if (decision.outcome != Outcome::go_on) co_return co_await refuse(decision, request, caller);
    const auto& verb = verbs_[decision.verb];
    const auto& doing = doings_[decision.verb];
    const AdminCall call{request, caller};
    if (verb.act.empty()) co_return co_await doing.answer(call);
    const auto recorder = recorder_();
    if (auto refused = refuse_unrecorded(verb, recorder.log)) co_return std::move(*refused);
    auto answer = co_await doing.answer(call);
    auto recorded = co_await record_act(recorder, caller, std::string(verb.act), std::move(answer));
    if (doing.after) doing.after();
    co_return recorded;
}

bool AdminRoutes::is_open(std::string_view method, std::string_view target) const {
    return decide(verbs_, method, target, AdminRight::none).outcome == Outcome::go_on;
}

/// What strangers and viewers try is on record, too: it may be the beginning of something.
net::Task<http::SimpleResponse> AdminRoutes::refuse(const AdminDecision& decision,
                                                    const http::SimpleRequest& request,
                                                    const AdminCaller& caller) {
    auto refusal = refusal_for(decision.outcome);
    const bool nothing = decision.outcome == Outcome::nothing_allowed;
    if (!nothing && decision.outcome != Outcome::only_looking) co_return refusal;
    const auto recorder = recorder_();
    std::function<Result<std::string>()> ask = [user = caller.user]() -> Result<std::string> {
        return account_of(user);
    };
    Result<std::string> account = std::string();
    if (caller.login.empty())
        account =
            co_await net::run_on_pool<std::string>(recorder.pool, recorder.loop, std::move(ask));
    const auto who = caller.text();
    const std::string name = account ? *account : "";
    const auto now = net::Loop::now();
    if (nothing)
        refusals_.login({.who = who, .account = name, .outcome = "refused", .reason = "no member"},
                        now);
    else
        refusals_.act({.act = verbs_[decision.verb].act,
                       .who = who,
                       .account = name,
                       .object = path_of(request.head.target),
                       .outcome = "refused",
                       .reason = "may only look"},
                      now);
    co_return refusal;
}

json::object AdminRoutes::describe() const {
    json::array all;
    for (const auto& verb : verbs_) {
        json::object one{
            {"method", verb.method}, {"path", verb.path}, {"needs", to_text(verb.needs)}};
        if (!verb.act.empty()) one["act"] = verb.act;
        all.push_back(std::move(one));
    }
    return {{"verbs", std::move(all)}};
}

}  // namespace sallyport::daemon
