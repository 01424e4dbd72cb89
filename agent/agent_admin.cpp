// What the running agent does when it is asked over its admin socket.
#include "agent/agent.hpp"
#include "agent/mapping_verbs.hpp"
#include "base/error.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/audit_erase.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_repair.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/metrics.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <csignal>

namespace sallyport::agent {
namespace {

using WithoutLog = daemon::AdminVerb::WithoutLog;

constexpr std::string_view drain = "/v1/drain";
constexpr std::array<daemon::AdminVerb, 13> verbs{
    {{"/v1/reload", "config.reload", WithoutLog::allowed},
     {override_target, "mappings.override", WithoutLog::allowed},
     {clear_target, "mappings.clear", WithoutLog::allowed},
     {"/v1/reconnect", "links.reconnect"},
     {"/v1/replace-links", "links.replace"},
     {"/v1/renew-certificate", "certificate.renew"},
     {"/v1/reload-certificates", "certificates.reload"},
     {"/v1/renew-system-certificate", "system_certificate.renew"},
     {"/v1/audit/rotate-key", "audit.rotate_key"},
     {"/v1/audit/repair", "audit.repair", WithoutLog::allowed},
     {"/v1/audit/trust-witness", "audit.trust_witness"},
     {daemon::log_level_target, daemon::log_level_act, WithoutLog::allowed},
     {drain, "agent.drain", WithoutLog::allowed}}};

http::SimpleResponse done() {
    http::SimpleResponse response;
    response.body = R"({"done":true})";
    return response;
}

}  // namespace

net::Task<http::SimpleResponse> Agent::administer(const http::SimpleRequest& request,
                                                  daemon::AdminCaller caller) {
    const auto& head = request.head;
    if (head.method == "GET" && head.target == "/v1/status") {
        http::SimpleResponse response;
        const auto facts = co_await status();
        response.body = boost::json::serialize(facts);
        co_return response;
    }
    if (head.method == "GET" && head.target == "/v1/certificates") {
        http::SimpleResponse response;
        const auto facts = co_await certificates();
        response.body = boost::json::serialize(facts);
        co_return response;
    }
    if (head.method == "GET" && head.target == mappings_target) {
        http::SimpleResponse response;
        response.body = boost::json::serialize(mappings_json());
        co_return response;
    }
    if (head.method == "POST" && head.target == check_target) {
        co_return check_candidate(request.body);
    }
    if (head.method == "GET" && head.target == "/v1/top") {
        http::SimpleResponse response;
        const auto facts = co_await top();
        response.body = boost::json::serialize(facts);
        co_return response;
    }
    if (head.method == "GET" && head.target == daemon::log_level_target) {
        http::SimpleResponse response;
        response.body = boost::json::serialize(level_.status());
        co_return response;
    }
    if (head.method == "GET" && head.target == "/metrics") {
        http::SimpleResponse response;
        response.content_type = daemon::Metrics::content_type;
        response.body = co_await metrics();
        co_return response;
    }
    const daemon::ActRecorder recorder{*log_, pool_, loop_, has_witness()};
    if (head.method == "POST" && head.target == daemon::erase_target) {
        co_return co_await daemon::erase_audit(recorder, request.body, caller);
    }
    if (const auto order = daemon::read_retention_order(head)) {
        auto kept = co_await daemon::retain_audit(*log_, pool_, loop_, *order, caller.text());
        if (order->dry_run) co_return kept;
        co_return co_await daemon::record_act(recorder, caller, std::string(daemon::retention_act),
                                              std::move(kept));
    }
    const auto* verb = daemon::find_verb(verbs, head);
    if (verb == nullptr) co_return daemon::admin_error(404, "not_found", "unknown request");
    if (auto refused = daemon::refuse_unrecorded(*verb, *log_)) co_return std::move(*refused);
    auto answer = co_await perform(verb->target, request.body, caller);
    auto recorded =
        co_await daemon::record_act(recorder, caller, std::string(verb->act), std::move(answer));
    // On record first: the process ends when what runs is done, and takes no more answers.
    if (verb->target == drain) std::raise(SIGTERM);
    co_return recorded;
}

net::Task<http::SimpleResponse> Agent::perform(std::string_view target, std::string_view body,
                                               daemon::AdminCaller caller) {
    if (target == "/v1/audit/repair") {
        const auto repaired = co_await daemon::repair_audit(*log_, pool_, loop_);
        if (repaired && repaired->repaired) record_identity();
        co_return daemon::repair_answer(repaired);
    }
    if (target == "/v1/audit/rotate-key")
        co_return co_await daemon::rotate_audit_key(*log_, pool_, loop_, caller.text());
    if (target == daemon::log_level_target) co_return level_.order(body);
    if (target == "/v1/reload") {
        const auto reloaded = reload(caller.text());
        if (!reloaded) co_return daemon::admin_error(422, "invalid", reloaded.error().detail);
    } else if (target == "/v1/reload-certificates") {
        const auto reloaded = reload_keys();
        if (!reloaded) co_return daemon::admin_error(422, "invalid", to_text(reloaded.error()));
    } else if (target == override_target || target == clear_target) {
        co_return change_overrides(target, body, caller);
    } else if (target == "/v1/audit/trust-witness") {
        co_return trust_witness(body);
    } else if (target == "/v1/renew-certificate") {
        rotation_->renew_now();
    } else {
        for (auto& worker : workers_) {
            if (target == "/v1/reconnect") worker->reconnect();
            if (target == "/v1/replace-links") worker->replace_links();
            if (target == "/v1/renew-system-certificate") worker->renew_system();
        }
    }
    co_return done();
}

}  // namespace sallyport::agent
