#pragma once

#include "agent/host_state.hpp"
#include "agent/overload.hpp"
#include "agent/rate_limit.hpp"
#include "agent/retry_policy.hpp"
#include "mappings/mapping.hpp"

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::agent {

/// What all workers know of one mapping as it goes: its rate, its retries, and how its internal
/// hosts are. From any thread; no lock while nothing is wrong.
class MappingState {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Tried = std::bitset<mappings::internal_hosts_max>;

    MappingState(const mappings::Mapping& mapping, const TellHostChange& tell);
    MappingState(const MappingState&) = delete;
    MappingState& operator=(const MappingState&) = delete;

    /// Whether it may serve that mapping as well: another limit or host is another state.
    bool serves(const mappings::Mapping& mapping) const;

    struct Refusal {
        Overload why = Overload::circuit_open;
        std::chrono::nanoseconds wait{0};  // until it may be tried again
    };
    /// Takes one of requests_per_second; or says why not now. Counts.
    std::optional<Refusal> take(Time now);

    /// Where the next attempt goes; nothing if no host may be asked but those in `tried`.
    std::optional<std::size_t> choose(const Tried& tried, Time now) const;
    HostState& host(std::size_t index) { return *hosts_[index]; }
    std::size_t host_count() const { return hosts_.size(); }

    std::uint32_t retries_max() const { return limits_.retries; }
    /// Whether one more retry is in the budget; counts it.
    bool take_retry();
    /// Its own 502, 503 and 504 are failures.
    bool counts_gateway_errors() const { return limits_.circuit.gateway_errors; }

    struct Snapshot {
        std::string virtual_host;
        std::uint64_t rate_limited = 0;
        std::uint64_t circuit_refused = 0;
        std::uint64_t retries = 0;
        std::uint64_t failed_over = 0;
        std::vector<HostState::Snapshot> hosts;
    };
    Snapshot snapshot(Time now) const;
    void count_fail_over() { failed_over_.fetch_add(1, std::memory_order_relaxed); }

private:
    const std::string virtual_host_;
    const std::vector<std::string> host_names_;
    const mappings::Limits limits_;
    const std::optional<mappings::HealthRules> health_;
    std::vector<std::unique_ptr<HostState>> hosts_;
    RateLimit rate_;
    RetryBudget budget_;
    std::atomic<std::uint64_t> rate_limited_{0};
    std::atomic<std::uint64_t> circuit_refused_{0};
    std::atomic<std::uint64_t> retries_{0};
    std::atomic<std::uint64_t> failed_over_{0};
};

using MappingStatePtr = std::shared_ptr<MappingState>;

}  // namespace sallyport::agent
