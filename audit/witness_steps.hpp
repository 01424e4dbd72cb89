#pragma once

#include "audit/log_keys.hpp"
#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Changes of the key that a witness has not heard of; more become one that it will not follow.
inline constexpr std::size_t witness_steps_max = 16;

/// From one checkpoint to the next that a witness should countersign.
struct WitnessStep {
    std::string note;          // the checkpoint at its end
    tlog::Range range{0};      // the records between
    bool key_changed = false;  // at its end, where both keys have signed: it cannot be left out
};

/// Adds what follows a step to it.
void grow(WitnessStep& step, const WitnessStep& next);
/// What comes next in a list of steps: a step of its own only after a change of the key, or if the
/// last one must not grow.
void add_step(std::vector<WitnessStep>& steps, const WitnessStep& next, bool may_grow = true);

/// The way from `size` records on, as the files tell it.
struct WayOn {
    tlog::Range old{0};  // the records before
    std::vector<WitnessStep> steps;
};

/// Reads the way from `size` to `newest`, whose range is that of all records. Blocks. Errors:
/// Errc::not_found if the records are not there any more; Errc::untrusted if they are not those of
/// the checkpoint.
Result<WayOn> read_way_on(const std::filesystem::path& folder, std::uint64_t size,
                          const WitnessStep& newest, const LogKeys& keys);

}  // namespace sallyport::audit
