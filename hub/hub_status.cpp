// What the running hub says and does over its admin socket.
#include "base/log.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/audit_erase.hpp"
#include "daemon/audit_key.hpp"
#include "daemon/audit_repair.hpp"
#include "daemon/audit_report.hpp"
#include "daemon/audit_retention.hpp"
#include "daemon/forward_report.hpp"
#include "daemon/metrics.hpp"
#include "hub/hub.hpp"
#include "hub/witness_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <string_view>

namespace sallyport::hub {

namespace json = boost::json;

namespace {

json::array to_json(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

using WithoutLog = daemon::AdminVerb::WithoutLog;
constexpr std::array<daemon::AdminVerb, 4> verbs{
    {{daemon::log_level_target, daemon::log_level_act, WithoutLog::allowed},
     {"/v1/reload", "config.reload", WithoutLog::allowed},
     {"/v1/audit/rotate-key", "audit.rotate_key"},
     {"/v1/audit/repair", "audit.repair", WithoutLog::allowed}}};

}  // namespace

net::Task<http::SimpleResponse> Hub::administer(const http::SimpleRequest& request,
                                                daemon::AdminCaller caller) {
    if (request.head.method == "GET" && request.head.target == "/v1/status") {
        http::SimpleResponse response;
        auto facts = status();
        facts["witness"] = co_await witness_status();
        response.body = json::serialize(facts);
        co_return response;
    }
    if (request.head.method == "GET" && request.head.target == daemon::log_level_target) {
        http::SimpleResponse response;
        response.body = json::serialize(level_.status());
        co_return response;
    }
    if (request.head.method == "GET" && request.head.target == "/metrics") {
        http::SimpleResponse response;
        response.content_type = daemon::Metrics::content_type;
        response.body = co_await metrics();
        co_return response;
    }
    const bool witness = !config_->audit.witnesses.empty();
    if (request.head.method == "POST" && request.head.target == daemon::erase_target) {
        const daemon::ActRecorder eraser{*log_, pool_, loop_, witness};
        co_return co_await daemon::erase_audit(eraser, request.body, caller);
    }
    const daemon::ActRecorder recorder{*log_, evidence_pool_, loop_, witness};
    if (const auto order = daemon::read_retention_order(request.head)) {
        auto kept = co_await daemon::retain_audit(*log_, pool_, loop_, *order, caller.text());
        if (order->dry_run) co_return kept;
        co_return co_await daemon::record_act(recorder, caller, std::string(daemon::retention_act),
                                              std::move(kept));
    }
    const auto* verb = daemon::find_verb(verbs, request.head);
    if (verb == nullptr) co_return daemon::admin_error(404, "not_found", "unknown request");
    if (auto refused = daemon::refuse_unrecorded(*verb, *log_)) co_return std::move(*refused);
    auto answer = co_await perform(verb->target, request.body, caller);
    co_return co_await daemon::record_act(recorder, caller, std::string(verb->act),
                                          std::move(answer));
}

net::Task<http::SimpleResponse> Hub::perform(std::string_view target, std::string_view body,
                                             daemon::AdminCaller caller) {
    if (target == daemon::log_level_target) co_return level_.order(body);
    if (target == "/v1/audit/repair") {
        const auto repaired = co_await daemon::repair_audit(*log_, pool_, loop_);
        co_return daemon::repair_answer(repaired);
    }
    if (target == "/v1/audit/rotate-key")
        co_return co_await daemon::rotate_audit_key(*log_, pool_, loop_, caller.text());
    if (auto reloaded = reload(caller.text()); !reloaded)
        co_return daemon::admin_error(422, "invalid", reloaded.error().detail);
    http::SimpleResponse response;
    response.body = json::serialize(json::object{{"configuration", config_->digest},
                                                 {"restart_needed", to_json(restart_needed_)}});
    co_return response;
}

net::Task<json::object> Hub::witness_status() {
    using Logs = std::vector<AgentLogs>;
    std::function<Result<Logs>()> read = [witness = witness_] { return witness->logs(); };
    const auto logs = co_await net::run_on_pool<Logs>(pool_, loop_, std::move(read));
    std::map<std::string, std::string> names;
    for (const auto& [id, tenant] : accounts_->tenants) names[id] = tenant.name;
    json::object out{{"key", witness_->key()}, {"limited", witness_->limited()}};
    if (logs)
        out["alarms"] = alarms_json(*logs, names);
    else
        out["error"] = to_text(logs.error());
    co_return out;
}

json::object Hub::status() const {
    json::array agents;
    for (const auto& agent : registry_.status()) {
        const auto* tenant = accounts_->find_tenant(agent.member.tenant);
        json::array hosts;
        for (const auto& host : agent.member.virtual_hosts) hosts.emplace_back(host);
        const auto up =
            std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - agent.since);
        agents.push_back(
            json::object{{"name", agent.member.agent},
                         {"tenant", tenant == nullptr ? agent.member.tenant : tenant->name},
                         {"location", agent.member.location},
                         {"links", agent.links},
                         {"version", agent.member.version},
                         {"epoch", agent.member.incarnation.epoch},
                         {"peer", agent.member.peer},
                         {"seconds", up.count()},
                         {"virtual_hosts", std::move(hosts)},
                         {"virtual_hosts_left_out", agent.member.virtual_hosts_left_out}});
    }
    std::size_t clients = 0;
    for (const auto& worker : workers_) clients += worker->clients();
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    auto audit = daemon::audit_status(*log_);
    audit["forward"] = daemon::forward_status(forwarders_);
    return {{"version", SALLYPORT_VERSION},
            {"name", config_->name},
            {"configuration", config_->digest},
            {"restart_needed", to_json(restart_needed_)},
            {"warnings", to_json(revocation_->get()->faults(std::chrono::system_clock::now()))},
            {"seconds", up.count()},
            {"listen", json::object{{"tls", tls_port_->local_address()},
                                    {"proxy", proxy_address_},
                                    {"socks5", socks5_address_},
                                    {"saprouter", saprouter_address_}}},
            {"audit", std::move(audit)},
            {"witnesses", configured_witnesses_.status()},
            {"wrong_access_keys", keys_.wrong.total()},
            {"workers", workers_.size()},
            {"client_connections", clients},
            {"memory_budget",
             json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}}},
            {"log_lines_dropped", log::dropped()},
            {"log", level_.status()},
            {"agents", std::move(agents)}};
}

}  // namespace sallyport::hub
