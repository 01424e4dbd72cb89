#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::tunnel {

/// One running process of an agent. `epoch` counts the agent's starts; `process` is random.
struct Incarnation {
    std::uint64_t epoch = 0;
    std::string_view process;
};

enum class EpochVerdict {
    coexist,    // another link of the same process
    supersede,  // a later start: the links that are there belong to the past
    refuse,     // an earlier start, or a copy of the same one: somebody cloned the agent's state
};

/// What a new link of an agent means for one that is there (docs/PROTOCOL.md#epoch). Pure.
inline EpochVerdict judge(const Incarnation& present, const Incarnation& wanted) {
    if (wanted.epoch > present.epoch) return EpochVerdict::supersede;
    if (wanted.epoch == present.epoch && wanted.process == present.process)
        return EpochVerdict::coexist;
    return EpochVerdict::refuse;
}

}  // namespace sallyport::tunnel
