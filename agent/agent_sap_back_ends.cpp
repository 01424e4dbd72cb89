// What monitors of SAP's connector ask about back ends (docs/MONITORING.md#sap).
#include "agent/agent.hpp"
#include "agent/sap_back_ends.hpp"
#include "agent/worker_report.hpp"
#include "daemon/sap_answer.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

namespace sallyport::agent {
namespace {

using mappings::Mapping;

/// "s4.corp:44300" of "https://s4.corp:44300".
std::string without_scheme(std::string text) {
    const auto scheme = text.find("://");
    return scheme == std::string::npos ? text : text.substr(scheme + 3);
}

std::string protocol_of(const Mapping& mapping) {
    return std::string(mappings::facts_of(mapping.internal.protocol).name);
}

/// Each bucket by what a call in it took at least.
std::vector<sap::BackEnd::Bucket> buckets_of(const daemon::LongTimes& times) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    std::vector<sap::BackEnd::Bucket> all;
    const auto bounds = daemon::LongTimes::bounds();
    for (std::size_t i = 0; i < times.counts().size(); ++i)
        all.push_back(
            {.calls = times.counts()[i],
             .at_least = i == 0 ? milliseconds(0) : duration_cast<milliseconds>(bounds[i - 1])});
    return all;
}

Counts counts_of(const std::vector<Worker::Status>& told) {
    Counts counts;
    for (const auto& worker : told) counts.add(worker.counts);
    return counts;
}

/// Both clocks at one moment, so that what happened at once is told as one time.
struct Clocks {
    sap::Moment wall = std::chrono::system_clock::now();
    std::chrono::steady_clock::time_point steady = net::Loop::now();

    sap::Moment wall_time_of(std::chrono::steady_clock::time_point time) const {
        return wall - std::chrono::duration_cast<sap::Moment::duration>(steady - time);
    }
    /// None for the epoch.
    std::optional<sap::Moment> moment_of(std::chrono::steady_clock::time_point time) const {
        if (time == std::chrono::steady_clock::time_point()) return std::nullopt;
        return wall_time_of(time);
    }
};

std::chrono::microseconds whole_us(std::chrono::steady_clock::duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

bool allows(const mappings::Rule& rule, sap::Moment now) {
    return rule.enabled && !(rule.expires && *rule.expires <= now);
}

using RulesByName = std::map<std::pair<std::string_view, std::string_view>, const RuleCounts*>;

RulesByName by_name(const Counts& counts) {
    RulesByName all;
    for (const auto& [name, rule] : counts.rules) all[{name->mapping, name->path}] = &rule;
    return all;
}

/// Rules with the same path are one resource.
std::vector<sap::BackEnd::Resource> resources_of(const Mapping& mapping, std::string_view name,
                                                 const RulesByName& counted, const Clocks& clocks) {
    std::vector<sap::BackEnd::Resource> all;
    for (const auto& rule : mapping.rules) {
        const auto told = std::ranges::find(all, rule.path, &sap::BackEnd::Resource::path);
        if (told != all.end()) {
            told->enabled = told->enabled || allows(rule, clocks.wall);
            continue;
        }
        auto& one = all.emplace_back();
        one.path = rule.path;
        one.enabled = allows(rule, clocks.wall);
        const auto found = counted.find({name, rule.path});
        if (found == counted.end()) continue;
        one.calls = found->second->calls;
        one.bytes_received = found->second->request_bytes;
        one.bytes_sent = found->second->response_bytes;
        one.accessed = clocks.moment_of(found->second->accessed);
    }
    return all;
}

}  // namespace

std::vector<sap::BackEnd> Agent::sap_back_ends(const std::vector<Worker::Status>& told) const {
    const auto counts = counts_of(told);
    const auto rules = by_name(counts);
    const Clocks clocks;
    std::vector<sap::BackEnd> all;
    for (const auto& mapping : site_->table.mappings()) {
        const auto name = mapping.virtual_text();
        const auto pool = pool_of(told, name);
        sap::BackEnd one{.virtual_host = name,
                         .internal = without_scheme(mapping.internal.text()),
                         .protocol = protocol_of(mapping),
                         .hub = mapping.hub,
                         .idle = pool.idle,
                         .active = pool.busy};
        const auto counted =
            std::ranges::find(counts.mappings, name, [](const auto& entry) { return entry.first; });
        if (counted != counts.mappings.end()) {
            const auto& of_one = counted->second;
            const auto times = of_one.whole.counts();
            one.buckets = buckets_of(of_one.whole);
            one.calls = std::accumulate(times.begin(), times.end(), std::uint64_t{0});
            one.bytes_received = of_one.request_bytes;
            one.bytes_sent = of_one.response_bytes;
            one.accessed = clocks.moment_of(of_one.accessed);
        }
        one.resources = resources_of(mapping, name, rules, clocks);
        all.push_back(std::move(one));
    }
    return all;
}

net::Task<http::SimpleResponse> Agent::sap_connections() {
    const auto told = co_await ask_all();
    co_return daemon::sap_answer(sap::backend_connections(sap_accounts(), sap_back_ends(told)));
}

net::Task<http::SimpleResponse> Agent::sap_performance() {
    const auto told = co_await ask_all();
    co_return daemon::sap_answer(sap::backend_performance(sap_accounts(), sap_back_ends(told),
                                                          Clocks().wall_time_of(started_)));
}

net::Task<http::SimpleResponse> Agent::sap_usage() {
    const auto told = co_await ask_all();
    co_return daemon::sap_answer(
        sap::usage(sap_accounts(), sap_back_ends(told), Clocks().wall_time_of(started_)));
}

/// Of the last minutes: SlowExchanges::slow_exchange_age_max.
net::Task<http::SimpleResponse> Agent::sap_slowest() {
    const auto told = co_await ask_all();
    const auto slowest = counts_of(told).slowest;
    std::vector<sap::SlowCall> calls;
    for (const auto& slow : slowest) {
        const auto* mapping = site_->table.find(slow.virtual_host);
        calls.push_back(
            {.virtual_host = slow.virtual_host,
             .internal = mapping == nullptr ? "" : without_scheme(mapping->internal.text()),
             .protocol = mapping == nullptr ? "" : protocol_of(*mapping),
             .resource = slow.path,
             .bytes_received = slow.request_bytes,
             .bytes_sent = slow.response_bytes,
             .total = whole_us(slow.times.whole),
             .back_end = whole_us(slow.times.backend),
             .principal = whole_us(slow.times.principal)});
    }
    const auto since = std::chrono::system_clock::now() - SlowExchanges::slow_exchange_age_max;
    co_return daemon::sap_answer(sap::top_time_consumers(sap_accounts(), calls, since));
}

}  // namespace sallyport::agent
