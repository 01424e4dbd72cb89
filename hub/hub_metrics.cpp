// What the running hub tells Prometheus; docs/MONITORING.md has the table.
#include "daemon/metrics.hpp"
#include "daemon/program_metrics.hpp"
#include "hub/hub.hpp"
#include "net/ask.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport::hub {
namespace {

using daemon::Metrics;

/// Of more agents no figures of their own are told: what watches us is not to drown in names.
constexpr std::size_t told_agents_max = 500;

/// No tenant is called so.
constexpr std::string_view unknown_tenant = "(none)";
constexpr std::string_view other_tenants = "(others)";

struct TenantFamilies {
    Metrics::Family& ended;
    Metrics::Family& request_bytes;
    Metrics::Family& response_bytes;
};

void add_tenant(const TenantFamilies& to, std::string_view tenant, const TenantCounts& counts) {
    for (std::size_t i = 0; i < counts.ended.size(); ++i)
        to.ended.add({{"tenant", tenant}, {"outcome", TenantCounts::outcomes[i]}}, counts.ended[i]);
    to.request_bytes.add({{"tenant", tenant}}, counts.request_bytes);
    to.response_bytes.add({{"tenant", tenant}}, counts.response_bytes);
}

void add_requests(Metrics& metrics, const Counts& counts, const Accounts& accounts) {
    const TenantFamilies to{
        metrics.counter("sallyport_hub_exchanges_total", "Requests that ended, by outcome."),
        metrics.counter("sallyport_hub_request_bytes_total", "Bytes of request bodies."),
        metrics.counter("sallyport_hub_response_bytes_total", "Bytes of answers' bodies.")};
    for (const auto& [id, of_one] : counts.tenants) {
        const auto* tenant = accounts.find_tenant(id);
        add_tenant(to, tenant == nullptr ? id : tenant->name, of_one);
    }
    add_tenant(to, other_tenants, counts.others);
    add_tenant(to, unknown_tenant, counts.unknown);
    metrics.gauge("sallyport_hub_exchanges_running", "Requests that run.").add({}, counts.running);
    auto& answers = metrics.counter("sallyport_hub_answers_total",
                                    "Answers, also the hub's own, by the class of their status.");
    for (std::size_t i = 0; i < counts.answers.size(); ++i)
        answers.add({{"class", std::to_string(i + 1) + "xx"}}, counts.answers[i]);
    metrics.histogram("sallyport_hub_exchange_seconds", "Whole requests; no streams.")
        .add({}, counts.whole);
}

struct AgentLinks {
    std::size_t links = 0;
    std::chrono::steady_clock::duration round_trip{};  // the longest
    std::size_t streams = 0;
};

void add_links(Metrics& metrics, const std::vector<Worker::LinkStatus>& links,
               const Accounts& accounts) {
    std::map<std::pair<std::string, std::string>, AgentLinks> agents;
    for (const auto& link : links) {
        const auto* tenant = accounts.find_tenant(link.tenant);
        auto& agent = agents[{tenant == nullptr ? link.tenant : tenant->name, link.agent}];
        ++agent.links;
        agent.round_trip = std::max(agent.round_trip, link.round_trip);
        agent.streams += link.streams;
    }
    metrics.gauge("sallyport_hub_agents", "Agents that are attached.").add({}, agents.size());
    metrics
        .gauge("sallyport_hub_agents_untold",
               "Agents that are attached, but too many to tell their figures.")
        .add({}, agents.size() - std::min(agents.size(), told_agents_max));
    auto& up = metrics.gauge("sallyport_hub_links", "Links of this agent that are up.");
    auto& round_trip = metrics.gauge("sallyport_hub_link_round_trip_seconds",
                                     "Round-trip time of the slowest link of this agent.");
    auto& streams = metrics.gauge("sallyport_hub_link_streams", "Exchanges that run on its links.");
    std::size_t told = 0;
    for (const auto& [name, agent] : agents) {
        if (++told > told_agents_max) break;
        const Metrics::Labels labels{{"tenant", name.first}, {"agent", name.second}};
        up.add(labels, agent.links);
        round_trip.add(labels, agent.round_trip);
        streams.add(labels, agent.streams);
    }
}

}  // namespace

net::Task<std::string> Hub::metrics() {
    Counts counts;
    std::vector<Worker::LinkStatus> links;
    std::size_t held = 0;
    std::size_t clients = 0;
    for (auto& worker : workers_) {
        std::function<void(std::function<void(Worker::Status)>)> ask =
            [&worker](std::function<void(Worker::Status)> tell) {
                worker->ask_status(std::move(tell));
            };
        auto told = co_await net::ask_elsewhere<Worker::Status>(loop_, std::move(ask));
        counts.add(told.counts);
        std::ranges::move(told.links, std::back_inserter(links));
        held += told.held_requests;
        clients += worker->clients();
    }
    Metrics metrics;
    daemon::add_program_metrics(metrics, "sallyport-hub", started_);
    add_requests(metrics, counts, *accounts_);
    add_links(metrics, links, *accounts_);
    metrics.gauge("sallyport_hub_client_connections", "Connections to the HTTP proxy.")
        .add({}, clients);
    metrics.gauge("sallyport_hub_held_requests", "Requests that wait for an agent to come back.")
        .add({}, held);
    metrics.counter("sallyport_hub_wrong_access_keys_total", "Access keys that opened no way.")
        .add({}, keys_.wrong.total());
    daemon::add_certificate_expiry(metrics, watched_certificates());
    daemon::add_audit_metrics(metrics, *log_, forwarders_, configured_witnesses_.status());
    daemon::add_memory_budget(metrics, budget_.used(), budget_.bytes_max());
    co_return metrics.text();
}

}  // namespace sallyport::hub
