#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace sallyport::audit {

/// Writes the bytes of the segments that hold records from `since` on once more, each where it
/// stands, and makes them durable. After a failed fdatasync(2) the kernel may show bytes that never
/// came to the disk, and think that they did; this makes it bring them there. Needs no room.
/// Nothing else may write there meanwhile.
Result<void> rewrite_segments(const std::filesystem::path& folder, Sequence since);

}  // namespace sallyport::audit
