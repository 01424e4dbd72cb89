// What the running agent does when it is asked over its admin sockets.
#include "agent/agent.hpp"
#include "agent/backup_note.hpp"
#include "agent/explain.hpp"
#include "agent/mapping_verbs.hpp"
#include "base/error.hpp"
#include "daemon/audit_erase.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_repair.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/metrics.hpp"
#include "daemon/restart_needed.hpp"

#include <csignal>
#include <utility>

namespace sallyport::agent {

using WithoutLog = daemon::AdminVerb::WithoutLog;
using daemon::AdminCall;
using daemon::AdminRight;

/// Every verb stands in here, and in docs/openapi-agent.json.
Result<void> Agent::open_admin() {
    const auto& config = site_->config;
    refusals_ = std::make_unique<daemon::AdminRefusals>(*log_);
    routes_ = std::make_unique<daemon::AdminRoutes>([this] { return recorder(); }, *refusals_);
    add_looks();
    add_acts();
    add_audit_acts();
    add_mapping_verbs();
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
boost::json::object Agent::admin_status() const {
    boost::json::object out{{"logins_refused", refusals_->logins()}};
    if (https_) out["https"] = https_->status();
    return out;
}

daemon::ActRecorder Agent::recorder() {
    return {*log_, unrecorded_acts_, pool_, loop_, has_witness()};
}

void Agent::add_looks() {
    const auto look = [this](std::string_view path,
                             net::Task<boost::json::object> (Agent::*facts)()) {
        routes_->add({.method = "GET", .path = path},
                     [this, facts](const AdminCall&) { return tell((this->*facts)()); });
    };
    look("/v1/status", &Agent::status);
    look("/v1/certificates", &Agent::certificates);
    look("/v1/top", &Agent::top);
    routes_->add({.method = "GET", .path = daemon::log_level_target},
                 [this](const AdminCall&) { return give(daemon::admin_answer(level_.status())); });
    routes_->add({.method = "GET", .path = "/metrics"},
                 [this](const AdminCall&) { return answer_metrics(); });
    routes_->add({.method = "GET", .path = "/livez", .needs = AdminRight::none},
                 [this](const AdminCall&) { return daemon::answer_livez(loop_, worker_loops()); });
    routes_->add({.method = "GET", .path = "/readyz", .needs = AdminRight::none},
                 [this](const AdminCall& call) {
                     return give(daemon::answer_readyz(readiness(), call.caller.right));
                 });
}

net::Task<http::SimpleResponse> Agent::tell(net::Task<boost::json::object> facts) {
    const auto told = co_await std::move(facts);
    co_return daemon::admin_answer(told);
}

void Agent::add_acts() {
    const auto at_workers = [this](std::string_view path, std::string_view act,
                                   void (Worker::*doing)()) {
        routes_->add({.method = "POST", .path = path, .act = act},
                     [this, doing](const AdminCall&) { return do_at_workers(doing); });
    };
    const auto at_once = [this](daemon::AdminVerb verb, auto doing) {
        routes_->add(verb,
                     [this, doing](const AdminCall& call) { return give((this->*doing)(call)); });
    };
    at_workers("/v1/reconnect", "links.reconnect", &Worker::reconnect);
    at_workers("/v1/replace-links", "links.replace", &Worker::replace_links);
    at_workers("/v1/renew-system-certificate", "system_certificate.renew", &Worker::renew_system);
    routes_->add({.method = "POST",
                  .path = "/v1/reload",
                  .act = "config.reload",
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall& call) { return answer_reload(call.caller); });
    at_once({.method = "POST", .path = "/v1/renew-certificate", .act = "certificate.renew"},
            &Agent::answer_renew);
    at_once({.method = "POST", .path = "/v1/reload-certificates", .act = "certificates.reload"},
            &Agent::answer_reload_certificates);
    routes_->add({.method = "POST",
                  .path = daemon::log_level_target,
                  .act = daemon::log_level_act,
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall& call) { return give(level_.order(call.body())); });
    // On record first: the process ends when what runs is done, and takes no more answers.
    routes_->add(
        {.method = "POST",
         .path = "/v1/drain",
         .act = "agent.drain",
         .without_log = WithoutLog::allowed},
        [this](const AdminCall&) { return give(daemon::admin_done()); },
        [] { std::raise(SIGTERM); });
}

void Agent::add_audit_acts() {
    routes_->add({.method = "POST",
                  .path = "/v1/audit/repair",
                  .act = "audit.repair",
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall&) { return answer_repair(); });
    routes_->add({.method = "POST", .path = "/v1/audit/rotate-key", .act = "audit.rotate_key"},
                 [this](const AdminCall& call) {
                     return daemon::rotate_audit_key(*log_, pool_, loop_, call.caller.text());
                 });
    routes_->add(
        {.method = "POST", .path = "/v1/audit/trust-witness", .act = "audit.trust_witness"},
        [this](const AdminCall& call) { return give(trust_witness(call.body())); });
    routes_->add({.method = "POST",
                  .path = backup_created_target,
                  .act = "backup.created",
                  .without_log = WithoutLog::allowed},
                 [this](const AdminCall& call) { return give(note_backup(call.body())); });
    // Records itself what it did.
    routes_->add({.method = "POST", .path = daemon::erase_target}, [this](const AdminCall& call) {
        return daemon::erase_audit(recorder(), call.body(), call.caller);
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

void Agent::add_mapping_verbs() {
    routes_->add({.method = "GET", .path = mappings_target},
                 [this](const AdminCall&) { return give(daemon::admin_answer(mappings_json())); });
    // Changes nothing: POST since claims of users stand in no URL.
    routes_->add({.method = "POST", .path = explain_target, .needs = AdminRight::look},
                 [this](const AdminCall& call) { return give(answer_explain(call)); });
    // Changes nothing, but reads files that the caller may not be allowed to read.
    routes_->add({.method = "POST", .path = check_target},
                 [this](const AdminCall& call) { return give(check_candidate(call.body())); });
    for (const auto& [path, act] : {std::pair(override_target, "mappings.override"),
                                    std::pair(clear_target, "mappings.clear")})
        routes_->add(
            {.method = "POST", .path = path, .act = act, .without_log = WithoutLog::allowed},
            [this, path = path](const AdminCall& call) {
                return change_overrides(path, call.body(), call.caller);
            });
}

net::Task<http::SimpleResponse> Agent::give(http::SimpleResponse answer) { co_return answer; }

net::Task<http::SimpleResponse> Agent::do_at_workers(void (Worker::*act)()) {
    for (auto& worker : workers_) ((*worker).*act)();
    co_return daemon::admin_done();
}

net::Task<http::SimpleResponse> Agent::answer_reload(daemon::AdminCaller caller) {
    const auto by = co_await daemon::changed_by(pool_, loop_, caller);
    if (auto reloaded = reload(by); !reloaded)
        co_return daemon::admin_error(422, "invalid", reloaded.error().detail);
    co_return daemon::admin_answer(
        {{"configuration", site_->config.digest},
         {"restart_needed", daemon::restart_needed_json(restart_needed_)}});
}

http::SimpleResponse Agent::answer_renew(const AdminCall&) {
    rotation_->renew_now();
    return daemon::admin_done();
}

http::SimpleResponse Agent::answer_reload_certificates(const AdminCall&) {
    const auto reloaded = reload_keys();
    return reloaded ? daemon::admin_done()
                    : daemon::admin_error(422, "invalid", to_text(reloaded.error()));
}

net::Task<http::SimpleResponse> Agent::answer_metrics() {
    http::SimpleResponse response;
    response.content_type = daemon::Metrics::content_type;
    response.body = co_await metrics();
    co_return response;
}

net::Task<http::SimpleResponse> Agent::answer_repair() {
    const auto repaired = co_await daemon::repair_audit(*log_, pool_, loop_);
    if (repaired && repaired->repaired) record_identity();
    co_return daemon::repair_answer(repaired);
}

}  // namespace sallyport::agent
