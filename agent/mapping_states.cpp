#include "agent/mapping_states.hpp"

#include <utility>

namespace sallyport::agent {

MappingStatePtr MappingStates::of(const mappings::Mapping& mapping) {
    const std::lock_guard lock(mutex_);
    auto& known = states_[mapping.virtual_text()];
    if (known != nullptr && known->serves(mapping)) return known;
    auto made = std::make_shared<MappingState>(mapping, tell_);
    if (known == nullptr) known = made;
    return made;
}

void MappingStates::use(std::span<const mappings::Mapping> mappings, MappingState::Time now) {
    std::map<std::string, MappingStatePtr> kept;
    for (const auto& mapping : mappings) {
        auto state = of(mapping);
        for (std::size_t i = 0; i < state->host_count(); ++i) state->host(i).try_again(now);
        kept.emplace(mapping.virtual_text(), std::move(state));
    }
    const std::lock_guard lock(mutex_);
    states_ = std::move(kept);
}

std::vector<MappingState::Snapshot> MappingStates::snapshot(MappingState::Time now) const {
    std::vector<MappingStatePtr> states;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, state] : states_) states.push_back(state);
    }
    std::vector<MappingState::Snapshot> all;
    for (const auto& state : states) all.push_back(state->snapshot(now));
    return all;
}

}  // namespace sallyport::agent
