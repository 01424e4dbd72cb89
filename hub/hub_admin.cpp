// What the running hub does when it is asked over its admin sockets.
#include "daemon/audit_erase.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_repair.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/metrics.hpp"
#include "daemon/restart_needed.hpp"
#include "hub/hub.hpp"

namespace sallyport::hub {

using WithoutLog = daemon::AdminVerb::WithoutLog;
using daemon::AdminCall;
using daemon::AdminRight;

/// Every verb stands in here, and in docs/openapi-hub.json.
Result<void> Hub::open_admin() {
    const auto& config = *config_;
    refusals_ = std::make_unique<daemon::AdminRefusals>(*log_);
    routes_ = std::make_unique<daemon::AdminRoutes>([this] { return recorder(); }, *refusals_);
    add_verbs();
    add_audit_verbs();
    add_sap_looks();
    admin_ = std::make_unique<daemon::AdminServer>(
        loop_, sweep_, daemon::find_groups(config.admin.admin_group, config.admin.view_group),
        [this](const http::SimpleRequest& request, const daemon::AdminCaller& caller) {
            return routes_->serve(request, caller);
        });
    if (auto listening = admin_->listen(config.admin_socket); !listening) return listening;
    if (config.admin.listen.empty()) return {};
    auto access = daemon::AdminHttps::load(config.admin);
    if (!access) return access.error();
    https_ = std::make_unique<daemon::AdminHttps>(loop_, sweep_, *routes_, *refusals_);
    return https_->listen(config.admin.listen, std::move(*access));
}

/// Who was refused, and what listens over HTTPS.
boost::json::object Hub::admin_status() const {
    boost::json::object out{{"logins_refused", refusals_->logins()}};
    if (https_) out["https"] = https_->status();
    return out;
}

/// Strangers can keep the other pool busy.
daemon::ActRecorder Hub::recorder() {
    return {*log_, unrecorded_acts_, evidence_pool_, loop_, !config_->audit.witnesses.empty()};
}

void Hub::add_verbs() {
    routes_->add({.method = "GET", .path = "/v1/status"},
                 [this](const AdminCall&) { return answer_status(); });
    routes_->add({.method = "GET", .path = "/livez", .needs = AdminRight::none},
                 [this](const AdminCall&) { return daemon::answer_livez(loop_, worker_loops()); });
    routes_->add({.method = "GET", .path = "/readyz", .needs = AdminRight::none},
                 [this](const AdminCall& call) {
                     return give(daemon::answer_readyz(readiness(), call.caller.right));
                 });
    routes_->add({.method = "GET", .path = "/metrics"},
                 [this](const AdminCall&) { return answer_metrics(); });
    routes_->add({.method = "GET", .path = daemon::log_level_target},
                 [this](const AdminCall&) { return give(daemon::admin_answer(level_.status())); });
    routes_->add({.method = "POST",
                  .path = daemon::log_level_target,
                  .act = daemon::log_level_act,
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall& call) { return give(level_.order(call.body())); });
    routes_->add({.method = "POST",
                  .path = "/v1/reload",
                  .act = "config.reload",
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall& call) { return answer_reload(call.caller); });
}

void Hub::add_audit_verbs() {
    routes_->add({.method = "POST",
                  .path = "/v1/audit/repair",
                  .act = "audit.repair",
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall&) { return answer_repair(); });
    routes_->add({.method = "POST", .path = "/v1/audit/rotate-key", .act = "audit.rotate_key"},
                 [this](const AdminCall& call) {
                     return daemon::rotate_audit_key(*log_, pool_, loop_, call.caller.text());
                 });
    // Records itself what it did.
    routes_->add({.method = "POST", .path = daemon::erase_target}, [this](const AdminCall& call) {
        const daemon::ActRecorder eraser{*log_, unrecorded_acts_, pool_, loop_, recorder().witness};
        return daemon::erase_audit(eraser, call.body(), call.caller);
    });
    routes_->add({.method = "POST", .path = daemon::audit_query_target},
                 [this](const AdminCall& call) { return queries_.answer(call.body()); });
    const auto retain = [this](const AdminCall& call) {
        return daemon::answer_retention(*log_, pool_, loop_, call);
    };
    routes_->add({.method = "POST", .path = daemon::retention_plan_path, .needs = AdminRight::look},
                 retain);
    routes_->add({.method = "POST",
                  .path = daemon::retention_now_path,
                  .act = daemon::retention_act,
                  .without_log = WithoutLog::allowed},
                 retain);
}

net::Task<http::SimpleResponse> Hub::answer_status() {
    auto facts = status();
    facts["witness"] = co_await witness_status();
    co_return daemon::admin_answer(facts);
}

net::Task<http::SimpleResponse> Hub::answer_metrics() {
    http::SimpleResponse response;
    response.content_type = daemon::Metrics::content_type;
    response.body = co_await metrics();
    co_return response;
}

net::Task<http::SimpleResponse> Hub::give(http::SimpleResponse answer) { co_return answer; }

net::Task<http::SimpleResponse> Hub::answer_reload(daemon::AdminCaller caller) {
    const auto by = co_await daemon::changed_by(evidence_pool_, loop_, caller);
    if (auto reloaded = reload(by); !reloaded)
        co_return daemon::admin_error(422, "invalid", reloaded.error().detail);
    const auto waiting = daemon::restart_needed_json(restart_needed_);
    co_return daemon::admin_answer(
        {{"configuration", config_->digest}, {"restart_needed", waiting}});
}

net::Task<http::SimpleResponse> Hub::answer_repair() {
    const auto repaired = co_await daemon::repair_audit(*log_, pool_, loop_);
    co_return daemon::repair_answer(repaired);
}

}  // namespace sallyport::hub
