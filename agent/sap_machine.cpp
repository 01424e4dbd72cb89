#include "agent/sap_machine.hpp"

#include "agent/sap_account.hpp"

#include <algorithm>

namespace sallyport::agent::sap {
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

json::object memory(const Memory& physical, const std::optional<Memory>& with_swap,
                    const Memory& budget) {
    json::object out{{"physicalKB", counted_in(physical, kibibyte)}, {"version", version}};
    if (with_swap) out["virtualKB"] = counted_in(*with_swap, kibibyte);
    out["cloudConnectorHeapKB"] = json::object{{"total", budget.total / kibibyte},
                                               {"used", budget.ours / kibibyte},
                                               {"free", budget.free / kibibyte}};
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

}  // namespace sallyport::agent::sap
