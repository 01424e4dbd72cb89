#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sallyport::mappings {

/// When an internal host is left alone for a while: limits.circuit_breaker.
struct CircuitRules {
    bool enabled = true;
    std::uint32_t failures = 5;        // in a row, with no answer in between
    std::uint32_t ratio_percent = 50;  // of those that got no connection, within window
    std::uint32_t requests = 20;       // fewer within window say nothing about a ratio
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds open_time{1'000};       // the first; doubles with each failed probe
    std::chrono::milliseconds open_time_max{60'000};  // its largest
    bool gateway_errors = false;  // its own 502, 503 and 504 count as failures too

    bool operator==(const CircuitRules&) const = default;
};

/// How the agent looks after internal hosts by itself: health = { … }.
struct HealthRules {
    std::string path{};  // of a GET over http and https; empty: connecting is all
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds timeout{5'000};
    std::uint32_t failures = 2;   // in a row: not healthy any more
    std::uint32_t successes = 2;  // in a row: healthy again

    bool operator==(const HealthRules&) const = default;
};

/// What a mapping may take, and what becomes of a request that fails.
struct Limits {
    std::uint32_t connections = 100;                     // to each internal host, per worker
    std::uint32_t queue = 1'000;                         // that wait for one, per worker
    std::chrono::milliseconds queue_timeout{30'000};     // likewise: how long
    std::uint32_t requests_per_second = 0;               // of all workers; 0: no limit
    std::uint32_t burst = 0;                             // at once; 0: those of a second
    std::uint32_t retries = 0;                           // of a request that got no answer
    std::chrono::milliseconds response_timeout{60'000};  // until the response head
    std::chrono::milliseconds stall_timeout{900'000};    // a body that does not move
    std::chrono::milliseconds idle_timeout{7'200'000};   // of a stream, in both directions
    CircuitRules circuit{};

    bool operator==(const Limits&) const = default;
};

}  // namespace sallyport::mappings
