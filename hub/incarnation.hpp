#pragma once

#include <cstdint>
#include <string>

namespace sallyport::hub {

/// How far an agent has come, as the hub knows it, or as a new link says of itself
/// (docs/PROTOCOL.md#epoch).
struct Incarnation {
    std::uint64_t enrolment = 0;   // times it was enrolled with a join token
    std::uint64_t generation = 0;  // of its certificate; known: the newest one that was used
    std::uint64_t epoch = 0;       // starts of its process, counted in its state
    std::string process = {};      // random, one per process
    bool operator==(const Incarnation&) const = default;
};

enum class IncarnationVerdict {
    same,           // another link of the process that is known
    newer,          // a later start, or a new enrolment
    outdated,       // the known process, with a certificate it has replaced: it will dial again
    copy_of_state,  // not the process that is known, and not after it: somebody copied the state
    old_key,        // a key that its agent has replaced is used again: the same
};

inline IncarnationVerdict judge(const Incarnation& known, const Incarnation& wanted) {
    if (wanted.enrolment > known.enrolment) return IncarnationVerdict::newer;
    const bool same_process = wanted.epoch == known.epoch && wanted.process == known.process;
    if (wanted.generation < known.generation)
        return same_process ? IncarnationVerdict::outdated : IncarnationVerdict::old_key;
    if (same_process) return IncarnationVerdict::same;
    return wanted.epoch > known.epoch ? IncarnationVerdict::newer
                                      : IncarnationVerdict::copy_of_state;
}

/// What is known after a link was taken in: the newest of each.
inline Incarnation merge(const Incarnation& known, const Incarnation& seen) {
    if (seen.enrolment != known.enrolment) return seen.enrolment > known.enrolment ? seen : known;
    Incarnation both = seen.epoch >= known.epoch ? seen : known;
    both.generation = seen.generation > known.generation ? seen.generation : known.generation;
    return both;
}

}  // namespace sallyport::hub
