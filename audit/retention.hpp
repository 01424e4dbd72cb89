#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// A segment that is not written any more, with the files beside it.
struct SealedSegment {
    Sequence first = 0;
    std::uint64_t bytes = 0;
    WallTime newest{};         // no record of it is younger
    Sequence end = 0;          // first record behind it
    bool disclosures = false;  // its personal values are still there
};

/// What may be kept; nothing = no limit.
struct KeepLimits {
    std::optional<std::chrono::days> age{};
    std::optional<std::uint64_t> bytes{};
    std::optional<std::chrono::days> disclosure_age{};

    static KeepLimits of(const Retention& retention);
    /// As it stands in a record: "days=365 bytes=1000".
    std::string text() const;
};

namespace prune {
inline constexpr std::string_view age = "age";
inline constexpr std::string_view size = "size";
}  // namespace prune

/// Who keeps segments from being deleted that nobody else wants, and for how long that counts.
struct Holds {
    /// Of the file system: then it needs the room more than they do.
    static constexpr unsigned used_percent_max = 90;
    /// So many times `KeepLimits::bytes` of a log are held.
    static constexpr std::uint64_t bytes_factor = 2;

    std::vector<Taker> takers{};
    std::chrono::days days{0};  // beyond the age
    bool disk_needs_room = false;
};

/// The targets, and of the witnesses the one that has come furthest, which is enough.
/// `countersigned`: how much of the log a witness has.
std::vector<Taker> takers_of(const Takers& takers,
                             const std::function<std::uint64_t(std::string_view)>& countersigned);

/// What has to go: always the oldest.
struct RetentionPlan {
    std::size_t segments = 0;
    std::uint64_t bytes = 0;
    std::string_view reason{};    // one of audit::prune, of the last one
    std::size_t disclosures = 0;  // of so many segments that stay the personal values go
    /// No segment before this one has any.
    std::size_t disclosed_from = 0;
    std::vector<std::string> untaken{};  // who has not got all of what goes
    std::size_t held = 0;                // segments that stay because of `held_by`
    std::vector<std::string> held_by{};

    bool empty() const { return segments == 0 && disclosures == 0; }
};

/// `sealed`: oldest first, without gaps; `open_bytes`: of the segment that is being written, which
/// always stays. Nobody holds personal values.
RetentionPlan plan_retention(std::span<const SealedSegment> sealed, std::uint64_t open_bytes,
                             const KeepLimits& limits, WallTime now, const Holds& holds = {});

/// Whether the wall clock is to be believed when something would be deleted for its age. A clock
/// that is wrong by years would delete everything: so not shortly after a start, when nobody may
/// have set it yet, and not within a day after it jumped.
class ClockTrust {
public:
    static constexpr std::chrono::hours after_start{1};
    static constexpr std::chrono::hours after_step{24};
    static constexpr std::chrono::hours step_min{1};

    bool observe(Instant now);

private:
    ClockWatch watch_;
    std::optional<std::chrono::nanoseconds> trusted_from_;
};

}  // namespace sallyport::audit
