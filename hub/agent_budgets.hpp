#pragma once

#include "daemon/refusal_budget.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sallyport::hub {

using daemon::RefusalBudget;

/// A budget for each agent: what one of them does as often as it likes must neither fill the disk
/// nor keep others from the record. Holds those of the last window.
class AgentBudgets {
public:
    using TimePoint = RefusalBudget::TimePoint;

    explicit AgentBudgets(std::uint32_t per_window_max) : per_window_max_(per_window_max) {}

    bool take(std::string_view tenant, std::string_view agent, TimePoint now) {
        auto key = std::string(tenant) + "/" + std::string(agent);
        return budgets_.try_emplace(std::move(key), per_window_max_).first->second.take(now);
    }

    /// So many were left out since this was asked last, of all agents.
    std::uint64_t take_left_out(TimePoint now) {
        std::uint64_t count = 0;
        for (auto& [agent, budget] : budgets_) count += budget.take_left_out();
        std::erase_if(budgets_, [&](const auto& entry) { return entry.second.is_over(now); });
        return count;
    }

private:
    std::uint32_t per_window_max_;
    std::map<std::string, RefusalBudget, std::less<>> budgets_;
};

}  // namespace sallyport::hub
