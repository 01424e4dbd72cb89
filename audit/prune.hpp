#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sallyport::audit {

inline constexpr std::string_view disclosures_extension = ".pii";

/// The files of one segment: records, checkpoints, disclosures, torn tails.
struct SegmentFiles {
    std::uint64_t bytes = 0;
    bool disclosures = false;
};

/// By the sequence that their names begin with. Errors: the operating system's.
Result<std::map<Sequence, SegmentFiles>> survey(const std::filesystem::path& folder);

/// Removes all files of the segments before `first`, the oldest first and of each the records
/// first, so that a crash leaves a log that begins later, and perhaps files of a segment that is
/// gone; the next call removes those.
Result<void> remove_before(const std::filesystem::path& folder, Sequence first);

/// With commas between.
std::string joined_names(const std::vector<std::string>& names);

/// Removes the disclosures of the segments before `first`.
Result<void> remove_disclosures_before(const std::filesystem::path& folder, Sequence first);

}  // namespace sallyport::audit
