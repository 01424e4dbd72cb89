#include "agent/back_end_metrics.hpp"

namespace sallyport::agent {

void add_back_ends(daemon::Metrics& metrics, const std::vector<MappingState::Snapshot>& mappings) {
    using daemon::Metrics;
    auto& limited = metrics.counter("sallyport_rate_limited_total",
                                    "Exchanges refused because of limits.requests_per_second.");
    auto& refused = metrics.counter("sallyport_circuit_refused_total",
                                    "Exchanges refused because a circuit breaker is open.");
    auto& retries = metrics.counter("sallyport_backend_retries_total",
                                    "Requests that were sent again (limits.retries).");
    auto& moved = metrics.counter("sallyport_backend_failed_over_total",
                                  "Attempts that went on to the next internal host.");
    auto& open = metrics.gauge("sallyport_backend_circuit_open",
                               "1 while the circuit breaker of this internal host is not closed.");
    auto& opened = metrics.counter("sallyport_backend_circuit_opened_total",
                                   "How often the circuit breaker of this internal host opened.");
    auto& failures =
        metrics.counter("sallyport_backend_failures_total",
                        "Connections and answers of this internal host that did not come.");
    auto& healthy = metrics.gauge("sallyport_backend_healthy",
                                  "1 while the health check of this internal host succeeds.");
    for (const auto& mapping : mappings) {
        const Metrics::Labels labels{{"mapping", mapping.virtual_host}};
        limited.add(labels, mapping.rate_limited);
        refused.add(labels, mapping.circuit_refused);
        retries.add(labels, mapping.retries);
        moved.add(labels, mapping.failed_over);
        for (const auto& host : mapping.hosts) {
            const Metrics::Labels of_host{{"mapping", mapping.virtual_host},
                                          {"internal", host.internal_host}};
            open.add(of_host, host.state != CircuitBreaker::State::closed);
            opened.add(of_host, host.opened);
            failures.add(of_host, host.failures);
            if (host.checks) healthy.add(of_host, host.healthy);
        }
    }
}

}  // namespace sallyport::agent
