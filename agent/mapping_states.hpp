#pragma once

#include "agent/mapping_state.hpp"

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace sallyport::agent {

/// The states of all mappings. Not asked for on the way of an exchange: a back end is given its own
/// when it is made. From any thread.
class MappingStates {
public:
    /// `tell` is called on the thread that found out; it must outlive every state.
    explicit MappingStates(TellHostChange tell = {}) : tell_(std::move(tell)) {}

    /// The state of a mapping: the one it had before a reload that left its limits and hosts alone.
    /// For a mapping as it was before the last use(), one of its own.
    MappingStatePtr of(const mappings::Mapping& mapping);
    /// These are the mappings now: others are forgotten once nobody uses them. Hosts that are left
    /// alone may be tried at once: the reason may be gone.
    void use(std::span<const mappings::Mapping> mappings, MappingState::Time now);

    std::vector<MappingState::Snapshot> snapshot(MappingState::Time now) const;

private:
    const TellHostChange tell_;
    mutable std::mutex mutex_;
    std::map<std::string, MappingStatePtr> states_;  // by virtual host
};

}  // namespace sallyport::agent
