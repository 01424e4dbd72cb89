// What the running agent tells Prometheus; docs/MONITORING.md has the table.
#include "agent/agent.hpp"
#include "agent/back_end_metrics.hpp"
#include "agent/worker_report.hpp"
#include "daemon/metrics.hpp"
#include "daemon/program_metrics.hpp"

namespace sallyport::agent {
namespace {

using daemon::Metrics;

/// Stands for all virtual hosts that no mapping has; none of those can be called so.
constexpr std::string_view not_exposed = "(none)";

void add_links(Metrics& metrics, const std::vector<Worker::Status>& workers) {
    auto& up = metrics.gauge("sallyport_link_up", "1 while this link to a hub is up.");
    auto& round_trip = metrics.gauge("sallyport_link_round_trip_seconds",
                                     "Round-trip time of the last ping on this link.");
    auto& streams = metrics.gauge("sallyport_link_streams", "Exchanges that run on this link.");
    auto& received = metrics.counter("sallyport_link_received_bytes_total",
                                     "Bytes received on this link since it is up.");
    auto& sent = metrics.counter("sallyport_link_sent_bytes_total",
                                 "Bytes sent on this link since it is up.");
    for (const auto& worker : workers)
        for (const auto& [hub, links] : worker.links)
            for (const auto& link : links) {
                const auto slot = std::to_string(link.slot);
                const Metrics::Labels labels{{"hub", hub}, {"link", slot}};
                up.add(labels, link.state == "up");
                if (link.peer.empty()) continue;
                round_trip.add(labels, link.round_trip);
                streams.add(labels, link.streams);
                received.add(labels, link.bytes_in);
                sent.add(labels, link.bytes_out);
            }
}

struct ExchangeFamilies {
    Metrics::Family& ended;
    Metrics::Family& running;
    Metrics::Family& answers;
    Metrics::Family& request_bytes;
    Metrics::Family& response_bytes;
    Metrics::Family& head;
    Metrics::Family& whole;
};

void add_mapping(const ExchangeFamilies& to, std::string_view mapping,
                 const MappingCounts& counts) {
    for (std::size_t i = 0; i < counts.ended.size(); ++i)
        to.ended.add({{"mapping", mapping}, {"outcome", MappingCounts::outcomes[i]}},
                     counts.ended[i]);
    const Metrics::Labels labels{{"mapping", mapping}};
    to.running.add(labels, counts.running);
    to.request_bytes.add(labels, counts.request_bytes);
    to.response_bytes.add(labels, counts.response_bytes);
    if (mapping == not_exposed) return;  // there is no back end
    for (std::size_t i = 0; i < counts.answers.size(); ++i) {
        const auto status_class = std::to_string(i + 1) + "xx";
        to.answers.add({{"mapping", mapping}, {"class", status_class}}, counts.answers[i]);
    }
    to.head.add(labels, counts.head);
    to.whole.add(labels, counts.whole);
}

void add_exchanges(Metrics& metrics, const Counts& counts) {
    const ExchangeFamilies to{
        metrics.counter("sallyport_exchanges_total", "Exchanges that ended, by outcome."),
        metrics.gauge("sallyport_exchanges_running", "Exchanges that run."),
        metrics.counter("sallyport_backend_answers_total",
                        "Answers of the back end, by the class of their status."),
        metrics.counter("sallyport_request_bytes_total", "Bytes of request bodies."),
        metrics.counter("sallyport_response_bytes_total", "Bytes of answers' bodies."),
        metrics.histogram("sallyport_backend_head_seconds",
                          "From the decision to ask the back end to the head of its answer."),
        metrics.histogram("sallyport_exchange_seconds",
                          "Whole exchanges that came to a back end.")};
    for (const auto& [name, of_one] : counts.mappings) add_mapping(to, name, of_one);
    add_mapping(to, not_exposed, counts.none);
    metrics.histogram("sallyport_policy_seconds", "Until a mapping and a rule had been found.")
        .add({}, counts.policy);
    metrics
        .histogram("sallyport_principal_seconds",
                   "Until it was known as whom the back end sees the caller.")
        .add({}, counts.principal);
    metrics.histogram("sallyport_audit_wait_seconds", "Until the begin was safely on record.")
        .add({}, counts.audit);
}

void add_pools(Metrics& metrics, const Counts& counts, const std::vector<Worker::Status>& workers) {
    auto& connections = metrics.gauge("sallyport_backend_connections",
                                      "Connections to the back end, by their state.");
    auto& waiting = metrics.gauge("sallyport_backend_waiting",
                                  "Exchanges that wait for a connection to the back end.");
    for (const auto& [mapping, of_one] : counts.mappings) {
        const auto all = pool_of(workers, mapping);
        connections.add({{"mapping", mapping}, {"state", "busy"}}, all.busy);
        connections.add({{"mapping", mapping}, {"state", "idle"}}, all.idle);
        waiting.add({{"mapping", mapping}}, all.waiting);
    }
}

void add_channels(Metrics& metrics, const std::vector<Worker::Status>& workers) {
    auto& connections =
        metrics.gauge("sallyport_channel_connections", "Connections of a service channel.");
    auto& opened = metrics.counter("sallyport_channel_opened_total",
                                   "Connections of a service channel that reached the service.");
    auto& failed =
        metrics.counter("sallyport_channel_failed_total", "Those that did not reach it.");
    for (const auto& worker : workers)
        for (const auto& channel : worker.channels) {
            const Metrics::Labels labels{{"channel", channel.name}};
            connections.add(labels, channel.connections);
            opened.add(labels, channel.opened);
            failed.add(labels, channel.failed);
        }
}

void add_renewals(Metrics& metrics, const Rotation::Status& rotation) {
    metrics.counter("sallyport_certificate_renewals_total", "Renewals of the tunnel's certificate.")
        .add({}, rotation.renewals);
    metrics
        .counter("sallyport_certificate_failed_renewals_total", "Attempts to renew it that failed.")
        .add({}, rotation.failed_renewals);
}

void add_identity_providers(Metrics& metrics, const IdentityProviders& providers,
                            const daemon::KeySnapshot& fetched) {
    auto& keys = metrics.gauge("sallyport_identity_provider_keys",
                               "Keys of this identity provider that are at hand.");
    for (const auto& provider : providers.all()) {
        const auto found = fetched.find(provider.source);
        const auto& known = found == fetched.end() ? provider.keys : found->second.keys;
        keys.add({{"issuer", provider.expected.issuers.front()}}, known ? known->size() : 0);
    }
}

}  // namespace

net::Task<std::string> Agent::metrics() {
    const auto told = co_await ask_all();
    Counts counts;
    for (const auto& worker : told) counts.add(worker.counts);
    Metrics metrics;
    daemon::add_program_metrics(metrics, "sallyport", started_);
    metrics.gauge("sallyport_mappings", "Mappings in force.")
        .add({}, site_->table.mappings().size());
    add_links(metrics, told);
    add_exchanges(metrics, counts);
    add_pools(metrics, counts, told);
    add_back_ends(metrics, shared_->states->snapshot(net::Loop::now()));
    add_channels(metrics, told);
    daemon::add_certificate_expiry(metrics, watched_certificates());
    add_renewals(metrics, rotation_->status());
    add_identity_providers(metrics, site_->identity_providers, *key_sets_.snapshot());
    daemon::add_audit_metrics(metrics, *log_, forwarders_, witnesses_json());
    daemon::add_memory_budget(metrics, budget_.used(), budget_.bytes_max());
    co_return metrics.text();
}

}  // namespace sallyport::agent
