#include "agent/mapping_state.hpp"

#include "agent/host_choice.hpp"

#include <algorithm>
#include <array>

namespace sallyport::agent {
namespace {

std::vector<std::string> host_names_of(const mappings::Mapping& mapping) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < mapping.host_count(); ++i) names.push_back(mapping.host(i).text());
    return names;
}

}  // namespace

MappingState::MappingState(const mappings::Mapping& mapping, const TellHostChange& tell)
    : virtual_host_(mapping.virtual_text()),
      host_names_(host_names_of(mapping)),
      limits_(mapping.limits),
      health_(mapping.health),
      rate_(mapping.limits.requests_per_second, mapping.limits.burst) {
    for (const auto& name : host_names_)
        hosts_.push_back(
            std::make_unique<HostState>(HostState::Options{.virtual_host = virtual_host_,
                                                           .internal_host = name,
                                                           .circuit = limits_.circuit,
                                                           .health = health_},
                                        tell));
}

bool MappingState::serves(const mappings::Mapping& mapping) const {
    return host_names_ == host_names_of(mapping) && limits_ == mapping.limits &&
           health_ == mapping.health;
}

std::optional<MappingState::Refusal> MappingState::take(Time now) {
    if (!choose({}, now)) {
        circuit_refused_.fetch_add(1, std::memory_order_relaxed);
        auto next = hosts_.front()->next_probe();
        for (const auto& host : hosts_) next = std::min(next, host->next_probe());
        return Refusal{Overload::circuit_open, std::max(next, now) - now};
    }
    if (const auto wait = rate_.take(now)) {
        rate_limited_.fetch_add(1, std::memory_order_relaxed);
        return Refusal{Overload::rate_limited, *wait};
    }
    if (limits_.retries > 0) budget_.request();
    return std::nullopt;
}

std::optional<std::size_t> MappingState::choose(const Tried& tried, Time now) const {
    if (tried.none() && hosts_.front()->sound()) return 0;
    std::array<HostView, mappings::internal_hosts_max> views;
    const auto count = std::min(hosts_.size(), views.size());
    for (std::size_t i = 0; i < count; ++i)
        views[i] = {.admission = hosts_[i]->would_admit(now),
                    .healthy = hosts_[i]->healthy(),
                    .tried = tried[i]};
    return choose_host(std::span(views).first(count));
}

bool MappingState::take_retry() {
    if (!budget_.take()) return false;
    retries_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

MappingState::Snapshot MappingState::snapshot(Time now) const {
    Snapshot found;
    found.virtual_host = virtual_host_;
    found.rate_limited = rate_limited_.load(std::memory_order_relaxed);
    found.circuit_refused = circuit_refused_.load(std::memory_order_relaxed);
    found.retries = retries_.load(std::memory_order_relaxed);
    found.failed_over = failed_over_.load(std::memory_order_relaxed);
    for (const auto& host : hosts_) found.hosts.push_back(host->snapshot(now));
    return found;
}

}  // namespace sallyport::agent
