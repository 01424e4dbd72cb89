// The facts of the running agent in the words of SAP's monitoring API (/api/monitoring/*), so that
// monitors that were made for SAP's connector go on working: docs/MONITORING.md#sap. Pure: what the
// agent tells in its own words comes in. What it does not know is left out, not invented.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent::sap {

/// Whose links these are: one account at one hub.
struct Account {
    std::string name;         // of the [[hub]]
    std::string region_host;  // where it is
    std::string subaccount;   // the tenant's id
    std::string location;
};

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
};

/// One exchange that took long.
struct SlowCall {
    std::string virtual_host;
    std::string internal;
    std::string protocol;
    std::string resource;
    std::chrono::microseconds total{0};
    std::chrono::microseconds back_end{0};
    std::chrono::microseconds principal{0};
};

/// Bytes; what is not known is left out.
struct Memory {
    std::uint64_t total = 0;
    std::uint64_t ours = 0;
    std::uint64_t free = 0;
};

using Moment = std::chrono::system_clock::time_point;

/// /api/monitoring/subaccounts. `status` as GET /v1/status, `certificates` as GET /v1/certificates.
boost::json::object subaccounts(std::span<const Account> accounts,
                                const boost::json::object& status,
                                const boost::json::object& certificates, Moment now);
/// /api/monitoring/connections/backends
boost::json::object backend_connections(std::span<const Account> accounts,
                                        std::span<const BackEnd> back_ends);
/// /api/monitoring/connections/serviceChannels
boost::json::object channel_connections(std::span<const Account> accounts,
                                        const boost::json::object& status);
/// /api/monitoring/performance/backends
boost::json::object backend_performance(std::span<const Account> accounts,
                                        std::span<const BackEnd> back_ends, Moment since);
/// /api/monitoring/performance/topTimeConsumers
boost::json::object top_time_consumers(std::span<const Account> accounts,
                                       std::span<const SlowCall> slowest, Moment since);
/// /api/monitoring/usage
boost::json::object usage(std::span<const Account> accounts, std::span<const BackEnd> back_ends,
                          Moment since);
/// /api/monitoring/memory
boost::json::object memory(const Memory& physical, const std::optional<Memory>& with_swap,
                           const Memory& budget);
/// /api/monitoring/disk: of the state folder.
boost::json::object disk(const Memory& disk);

/// In which list SAP shows a certificate.
enum class CertificateState { ok, expiring, expired };
/// /api/monitoring/certificates
boost::json::object certificates(std::span<const Account> accounts,
                                 const boost::json::object& listed, Moment now);
/// /api/monitoring/certificates/STATE
boost::json::array certificates_in(CertificateState state, std::span<const Account> accounts,
                                   const boost::json::object& listed, Moment now);

}  // namespace sallyport::agent::sap
