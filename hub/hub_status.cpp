// What the running hub says of itself.
#include "base/log.hpp"
#include "daemon/audit_report.hpp"
#include "daemon/forward_report.hpp"
#include "hub/hub.hpp"
#include "hub/witness_report.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>

namespace sallyport::hub {

namespace json = boost::json;

namespace {

json::array to_json(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

}  // namespace

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

std::vector<std::string> Hub::warnings() const {
    std::vector<std::string> all;
    if (last_good_)
        all =
            daemon::warnings_of(*last_good_, "narrower, since the broken configuration says less");
    std::ranges::move(revocation_->get()->faults(std::chrono::system_clock::now()),
                      std::back_inserter(all));
    return all;
}

json::object Hub::status() const {
    json::array agents;
    for (const auto& agent : registry_.status()) {
        const auto* tenant = accounts_->find_tenant(agent.member.tenant);
        json::array hosts;
        for (const auto& host : agent.member.virtual_hosts) hosts.emplace_back(host);
        const auto up =
            std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - agent.since);
        json::object one{{"name", agent.member.agent},
                         {"tenant", tenant == nullptr ? agent.member.tenant : tenant->name},
                         {"location", agent.member.location},
                         {"links", agent.links},
                         {"version", agent.member.version},
                         {"epoch", agent.member.incarnation.epoch},
                         {"peer", agent.member.peer},
                         {"seconds", up.count()},
                         {"ready", is_ready(agent, config_->ready_interval, net::Loop::now())},
                         {"answers_ready", agent.member.answers_ready},
                         {"virtual_hosts", std::move(hosts)},
                         {"virtual_hosts_left_out", agent.member.virtual_hosts_left_out}};
        if (agent.ready.at != Registry::Time()) {
            const auto age = net::Loop::now() - agent.ready.at;
            one["ready_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(age).count();
            one["round_trip_us"] = agent.ready.round_trip.count();
        }
        agents.push_back(std::move(one));
    }
    std::size_t clients = 0;
    for (const auto& worker : workers_) clients += worker->clients();
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    const auto reasons = readiness();
    auto audit = daemon::audit_status(*log_);
    audit["forward"] = daemon::forward_status(forwarders_);
    json::object out{{"version", SALLYPORT_VERSION},
                     {"name", config_->name},
                     {"configuration", config_->digest},
                     {"restart_needed", to_json(restart_needed_)},
                     {"warnings", to_json(warnings())},
                     {"certificates", daemon::expiry_json(watched_certificates(),
                                                          std::chrono::system_clock::now())},
                     {"seconds", up.count()},
                     {"ready", reasons.empty()},
                     {"not_ready", to_json(reasons)},
                     {"listen", json::object{{"tls", tls_port_->local_address()},
                                             {"proxy", proxy_address_},
                                             {"socks5", socks5_address_},
                                             {"saprouter", saprouter_address_}}},
                     {"audit", std::move(audit)},
                     {"witnesses", configured_witnesses_.status()},
                     {"admin", admin_status()},
                     {"wrong_access_keys", keys_.wrong.total()},
                     {"workers", workers_.size()},
                     {"client_connections", clients},
                     {"memory_budget",
                      json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}}},
                     {"log_lines_dropped", log::dropped()},
                     {"log", level_.status()},
                     {"agents", std::move(agents)}};
    if (last_good_) out["last_good"] = daemon::to_json(*last_good_);
    return out;
}

}  // namespace sallyport::hub
