// What the newest records and the newest checkpoints must have to do with each other.
#pragma once

#include "audit/segment.hpp"
#include "audit/verify.hpp"
#include "base/result.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

namespace sallyport::audit {

/// A log that works is signed every second. Of one whose disk stands still the newest records wait
/// until that is over, or until the kernel gives up and the log fails: that takes minutes.
inline constexpr std::chrono::minutes unsigned_time_max{10};

/// A problem if there are checkpoints of records behind `segments` that are not there; or if the
/// log was at work for longer than it may be while it made the records [from, end), which are not
/// signed. Pauses of minutes do not count: the process was stopped, or the log had failed; nor does
/// what was between two starts of the machine. Errors: those of Reader.
Result<std::optional<Problem>> check_end(const std::filesystem::path& folder,
                                         const std::vector<Segment>& segments, Sequence from,
                                         Sequence end);

}  // namespace sallyport::audit
