#pragma once

#include "audit/clock.hpp"
#include "audit/log_keys.hpp"
#include "audit/retention.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <filesystem>
#include <optional>
#include <span>

namespace sallyport::audit {

/// Looks at segments that are to be deleted for what they say of their age: whoever can write the
/// files must not be able to have the log itself delete its records, and sign for it.
class PruneCheck {
public:
    /// Errors: Errc::malformed; the operating system's.
    static Result<PruneCheck> open(const std::filesystem::path& folder);

    /// Whether the log can begin with this segment: with a checkpoint that carries the tree of what
    /// was before. A part that is older than all checkpoints needs none.
    bool can_begin(Sequence first) const;

    /// `sealed`: all that may go, oldest first; `next` begins behind the last. Gives the time of
    /// the youngest record that goes; none if only personal values do. Errors: Errc::untrusted if
    /// the records of a segment that the plan takes are not the ones that were signed, or younger
    /// than the plan believes; the operating system's.
    Result<std::optional<WallTime>> check(const RetentionPlan& plan,
                                          std::span<const SealedSegment> sealed, Sequence next,
                                          const KeepLimits& limits, WallTime now) const;

private:
    PruneCheck(std::filesystem::path folder, std::optional<LogKeys> keys)
        : folder_(std::move(folder)), keys_(std::move(keys)) {}
    bool is_sealed(Sequence first) const;
    /// The tree below a segment, as its first checkpoint says.
    Result<tlog::Range> below(Sequence first) const;
    /// The youngest time in the segment that ends before `next`.
    Result<WallTime> youngest(const Segment& segment, Sequence next) const;

    std::filesystem::path folder_;
    std::optional<LogKeys> keys_;
};

}  // namespace sallyport::audit
