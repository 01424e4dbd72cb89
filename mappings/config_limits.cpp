#include "mappings/config_limits.hpp"

#include "mappings/path_readings.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;

std::uint32_t read_count(ConfigTable& table, std::string_view key, std::uint32_t fallback,
                         std::uint32_t min, std::uint32_t max) {
    return static_cast<std::uint32_t>(table.integer(key, fallback, min, max));
}

CircuitRules read_circuit(ConfigTable& limits) {
    CircuitRules rules;
    if (!limits.has("circuit_breaker")) return rules;
    if (limits.is_boolean("circuit_breaker")) {
        rules.enabled = limits.boolean("circuit_breaker", true);
        return rules;
    }
    auto table = limits.table("circuit_breaker");
    rules.failures = read_count(table, "failures", rules.failures, 1, 10'000);
    rules.ratio_percent = read_count(table, "ratio_percent", rules.ratio_percent, 1, 100);
    rules.requests = read_count(table, "requests", rules.requests, 1, 1'000'000);
    rules.window = table.duration("window", rules.window, 1s, 1h);
    rules.open_time = table.duration("open_time", rules.open_time, 10ms, 1h);
    rules.open_time_max =
        table.duration("open_time_max", std::max(rules.open_time, rules.open_time_max), 10ms, 24h);
    if (rules.open_time_max < rules.open_time)
        table.problem("open_time_max", "must not be shorter than open_time");
    rules.gateway_errors = table.boolean("gateway_errors", rules.gateway_errors);
    table.done();
    return rules;
}

}  // namespace

Limits read_limits(ConfigTable table) {
    Limits limits;
    limits.connections = read_count(table, "connections", limits.connections, 1, 100'000);
    limits.queue = read_count(table, "queue", limits.queue, 0, 100'000);
    limits.queue_timeout = table.duration("queue_timeout", limits.queue_timeout, 10ms, 24h);
    limits.response_timeout =
        table.duration("response_timeout", limits.response_timeout, 100ms, 24h);
    limits.stall_timeout = table.duration("stall_timeout", limits.stall_timeout, 1s, 168h);
    limits.idle_timeout = table.duration("idle_timeout", limits.idle_timeout, 1s, 720h);
    limits.requests_per_second =
        read_count(table, "requests_per_second", limits.requests_per_second, 0, 1'000'000);
    limits.burst = read_count(table, "burst", limits.burst, 1, 1'000'000);
    if (!table.has("burst")) limits.burst = 0;
    if (table.has("burst") && limits.requests_per_second == 0)
        table.problem("burst", "says nothing without requests_per_second");
    limits.retries = read_count(table, "retries", limits.retries, 0, 5);
    limits.circuit = read_circuit(table);
    table.done();
    return limits;
}

std::optional<HealthRules> read_health(ConfigTable& mapping) {
    if (!mapping.has("health")) return std::nullopt;
    auto table = mapping.table("health");
    HealthRules rules;
    rules.path = table.text("path");
    rules.interval = table.duration("interval", rules.interval, 1s, 1h);
    rules.timeout = table.duration("timeout", std::min(rules.timeout, rules.interval), 100ms, 1min);
    rules.failures = read_count(table, "failures", rules.failures, 1, 100);
    rules.successes = read_count(table, "successes", rules.successes, 1, 100);
    if (rules.timeout > rules.interval)
        table.problem("timeout", "must not be longer than interval");
    const bool printable =
        std::ranges::all_of(rules.path, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
    if (!rules.path.empty() && (!rules.path.starts_with('/') || !printable))
        table.problem("path", "must begin with / and be written as in a URL, e.g. \"/sap/ping\"");
    table.done();
    return rules;
}

void refuse_foreign_limits(ConfigTable limits, const InternalHost& internal) {
    const auto& facts = facts_of(internal.protocol);
    const auto scheme = std::string(facts.name) + "://";
    if (!facts.stream) {
        if (limits.has("idle_timeout"))
            limits.problem("idle_timeout", "belongs to streams; for " + scheme +
                                               " say response_timeout and stall_timeout");
        if (!facts.files) return;
        if (limits.has("retries")) limits.problem("retries", "belongs to http:// and https://");
        if (limits.has("circuit_breaker") &&
            !(limits.is_boolean("circuit_breaker") && !limits.boolean("circuit_breaker", true)))
            limits.problem("circuit_breaker",
                           "is not for sftp://, whose sessions are found again "
                           "by themselves");
        return;
    }
    for (const auto* key : {"response_timeout", "stall_timeout"})
        if (limits.has(key))
            limits.problem(key,
                           "belongs to http:// and https://; for " + scheme + " say idle_timeout");
    for (const auto* key : {"queue", "queue_timeout"})
        if (limits.has(key))
            limits.problem(key,
                           "belongs to requests: a stream beyond limits.connections is "
                           "refused at once");
    if (limits.has("retries"))
        limits.problem("retries",
                       "belongs to http:// and https://: what went into a stream is "
                       "not sent twice");
}

void check_hosts(ConfigTable& table, const Mapping& mapping) {
    const auto& first = mapping.internal;
    if (mapping.health && !mapping.health->path.empty() &&
        (mapping.is_stream() || mapping.is_files()))
        table.problem("health",
                      "path belongs to http:// and https://; without it the agent "
                      "connects and leaves");
    if (mapping.health && mapping.is_files())
        table.problem("health", "is not for sftp://: the agent would log on for it");
    if (mapping.others.empty()) return;
    if (mapping.is_files())
        table.problem("internal",
                      "takes one host for sftp://: another server has other files, "
                      "and what was put on the one would be missed on the other");
    for (std::size_t i = 0; i < mapping.others.size(); ++i) {
        const auto& other = mapping.others[i];
        if (other.protocol != first.protocol)
            table.problem("internal",
                          "must name hosts of one protocol: " + first.text() + ", " + other.text());
        if (first.protocol == Protocol::rfc && other.ports != first.ports)
            table.problem("internal",
                          "must name one port for rfc://, whose number is part of what "
                          "the systems call themselves");
        if (mapping.rfc && !identity_of(*mapping.rfc, mapping.virtual_host, other.host))
            table.problem(
                "internal",
                "has a host whose name cannot stand in an RFC conversation: " + other.host);
        if (other.ports.count != first.ports.count)
            table.problem("internal", "must name as many ports of each host: " + first.text() +
                                          ", " + other.text());
        for (std::size_t k = 0; k <= i; ++k)
            if (mapping.host(k) == other)
                table.problem("internal", "names " + other.text() + " twice");
    }
}

}  // namespace sallyport::mappings
