// Back ends and what was asked of them in the words of SAP's monitoring API:
// docs/MONITORING.md#sap. Pure.
#pragma once

#include "agent/sap_tunnels.hpp"

#include <optional>
#include <vector>

namespace sallyport::agent::sap {

/// One mapping, its connections and how long its exchanges took.
struct BackEnd {
    std::string virtual_host;  // "erp.virtual:44300"
    std::string internal;      // "s4.corp:44300"
    std::string protocol;      // "https"
    std::string hub;           // empty: of every hub
    std::uint64_t idle = 0;
    std::uint64_t active = 0;
    /// Of calls that took that long at least, and shorter than the next one.
    struct Bucket {
        std::uint64_t calls = 0;
        std::chrono::milliseconds at_least{0};
    };
    std::vector<Bucket> buckets = {};
    std::uint64_t calls = 0;
    std::uint64_t bytes_received = 0;  // from the cloud
    std::uint64_t bytes_sent = 0;
    std::optional<Moment> accessed = {};  // the last time; none: not yet
    /// What its rules allow, by path.
    struct Resource {
        std::string path;
        bool enabled = true;
        std::uint64_t calls = 0;
        std::uint64_t bytes_received = 0;
        std::uint64_t bytes_sent = 0;
        std::optional<Moment> accessed = {};
    };
    std::vector<Resource> resources = {};
};

/// One exchange that took long. Who the user was stands in the audit log only.
struct SlowCall {
    std::string virtual_host;
    std::string internal;
    std::string protocol;
    std::string resource;
    std::uint64_t bytes_received = 0;  // from the cloud
    std::uint64_t bytes_sent = 0;
    std::chrono::microseconds total{0};
    std::chrono::microseconds back_end{0};
    std::chrono::microseconds principal{0};
};

/// /api/monitoring/connections/backends
boost::json::object backend_connections(std::span<const Account> accounts,
                                        std::span<const BackEnd> back_ends);
/// /api/monitoring/performance/backends
boost::json::object backend_performance(std::span<const Account> accounts,
                                        std::span<const BackEnd> back_ends, Moment since);
/// /api/monitoring/performance/topTimeConsumers
boost::json::object top_time_consumers(std::span<const Account> accounts,
                                       std::span<const SlowCall> slowest, Moment since);
/// /api/monitoring/usage
boost::json::object usage(std::span<const Account> accounts, std::span<const BackEnd> back_ends,
                          Moment since);

}  // namespace sallyport::agent::sap
