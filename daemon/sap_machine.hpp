// The machine in the words of SAP's monitoring API: docs/MONITORING.md#sap. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>

namespace sallyport::daemon::sap {

/// Bytes; what is not known is left out.
struct Memory {
    std::uint64_t total = 0;
    std::uint64_t ours = 0;
    std::uint64_t free = 0;
};

/// Of what streams may hold together, `most`, they hold `used` and for a moment perhaps more.
Memory budget(std::uint64_t used, std::uint64_t most);

/// /api/monitoring/memory
boost::json::object memory(const Memory& physical, const std::optional<Memory>& with_swap,
                           const Memory& streams);
/// /api/monitoring/disk: of the state folder.
boost::json::object disk(const Memory& disk);
/// /api/monitoring/cpu: of all processors, in percent.
boost::json::object cpu(int total, int ours);
/// /api/monitoring/alerts: there are none, since alerts are Prometheus's here.
boost::json::object alerts();

}  // namespace sallyport::daemon::sap
