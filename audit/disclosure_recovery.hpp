#pragma once

#include "audit/segment.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace sallyport::audit {

/// Deletes what is disclosed of records from `next` on: it was written, and its records were not.
/// `last` is the last segment of the log, if there is one. Also what an erasure left behind that
/// was broken off. Nothing is copied: no record vouches for it, and an erasure would not find it.
Result<void> recover_disclosures(const std::filesystem::path& folder, const Segment* last,
                                 Sequence next);

}  // namespace sallyport::audit
