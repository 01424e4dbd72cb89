#pragma once

#include "audit/disk.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <functional>

namespace sallyport::audit {

/// Puts `….jsonl.gz` (RFC 1952) in the place of a segment that is not written any more and is
/// durable. The plain file goes when the other one is on the disk, was read again, and gave the
/// same bytes; so at any moment one of them is whole. `goes_on` is asked now and then; no ends it
/// with Errc::aborted. After an error all is as before.
Result<void> compress_segment(const Segment& segment, Disk& disk,
                              const std::function<bool()>& goes_on);

/// Removes what a crash left of files that were to take the place of others.
Result<void> remove_compression_leftovers(const std::filesystem::path& folder);

}  // namespace sallyport::audit
