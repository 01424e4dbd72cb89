#include "daemon/sap_machine.hpp"

#include "daemon/sap_account.hpp"

#include <algorithm>

namespace sallyport::daemon::sap {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t mebibyte = kibibyte * kibibyte;

json::object counted_in(const Memory& memory, std::uint64_t unit) {
    const auto others = memory.total - std::min(memory.total, memory.ours + memory.free);
    return {{"total", memory.total / unit},
            {"CloudConnector", memory.ours / unit},
            {"others", others / unit},
            {"free", memory.free / unit}};
}

}  // namespace

Memory budget(std::uint64_t used, std::uint64_t most) {
    const auto ours = std::min(used, most);
    return {.total = most, .ours = ours, .free = most - ours};
}

json::object memory(const Memory& physical, const std::optional<Memory>& with_swap,
                    const Memory& streams) {
    json::object out{{"physicalKB", counted_in(physical, kibibyte)}, {"version", version}};
    if (with_swap) out["virtualKB"] = counted_in(*with_swap, kibibyte);
    out["cloudConnectorHeapKB"] = json::object{{"total", streams.total / kibibyte},
                                               {"used", streams.ours / kibibyte},
                                               {"free", streams.free / kibibyte}};
    return out;
}

json::object disk(const Memory& disk) {
    auto out = counted_in(disk, mebibyte);
    out["version"] = version;
    return out;
}

json::object cpu(int total, int ours) {
    return {{"total", total}, {"CloudConnector", ours}, {"version", version}};
}

json::object alerts() { return {{"alerts", json::array()}, {"version", version}}; }

}  // namespace sallyport::daemon::sap
