// What runs now, and what was slow: for `sallyport top`.
#include "agent/agent.hpp"
#include "agent/worker_report.hpp"

namespace sallyport::agent {

namespace json = boost::json;

namespace {

std::int64_t whole_microseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

json::object to_json(const std::string& name, const MappingCounts& counts) {
    json::object outcomes;
    for (std::size_t i = 0; i < counts.ended.size(); ++i)
        outcomes[MappingCounts::outcomes[i]] = counts.ended[i];
    return {{"mapping", name},
            {"running", counts.running},
            {"outcomes", std::move(outcomes)},
            {"request_bytes", counts.request_bytes},
            {"response_bytes", counts.response_bytes}};
}

json::object to_json(const SlowExchange& slow, std::chrono::steady_clock::time_point now) {
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - slow.ended);
    return {{"exchange", slow.exchange},
            {"virtual_host", slow.virtual_host},
            {"method", slow.method},
            {"path", slow.path},
            {"outcome", slow.outcome},
            {"status", slow.status},
            {"seconds_ago", ago.count()},
            {"us", whole_microseconds(slow.times.whole)},
            {"policy_us", whole_microseconds(slow.times.policy)},
            {"principal_us", whole_microseconds(slow.times.principal)},
            {"audit_us", whole_microseconds(slow.times.audit)},
            {"head_us", whole_microseconds(slow.times.head)},
            {"backend_us", whole_microseconds(slow.times.backend)}};
}

}  // namespace

net::Task<std::vector<Worker::Status>> Agent::ask_all() {
    std::vector<Worker::Status> all;
    for (auto& worker : workers_) all.push_back(co_await ask(*worker));
    co_return all;
}

net::Task<json::object> Agent::top() {
    const auto told = co_await ask_all();
    const auto now = net::Loop::now();
    Counts counts;
    for (const auto& worker : told) counts.add(worker.counts);
    json::array mappings;
    for (const auto& [name, of_one] : counts.mappings) {
        auto mapping = to_json(name, of_one);
        const auto pool = pool_of(told, name);
        mapping["connections"] =
            json::object{{"busy", pool.busy}, {"idle", pool.idle}, {"waiting", pool.waiting}};
        mappings.push_back(std::move(mapping));
    }
    if (counts.slowest.size() > SlowExchanges::slow_exchanges_max)
        counts.slowest.resize(SlowExchanges::slow_exchanges_max);
    json::array slowest;
    for (const auto& slow : counts.slowest) slowest.push_back(to_json(slow, now));
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(now - started_);
    co_return json::object{{"seconds", up.count()},
                           {"draining", draining_},
                           {"hubs", links_of(told)},
                           {"mappings", std::move(mappings)},
                           {"not_exposed", to_json("", counts.none)},
                           {"slowest", std::move(slowest)}};
}

}  // namespace sallyport::agent
