#pragma once

#include "audit/disk.hpp"
#include "audit/log.hpp"
#include "audit/recovery.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace sallyport::audit {

/// Writes the bytes of a file from `offset` on once more, each where it stands, and makes them
/// durable. After a failed fdatasync(2) the kernel may show bytes that never came to the disk, and
/// think that they did; this makes it bring them there. Needs no room. A file that is not there is
/// left alone. Nothing else may write there meanwhile.
Result<void> rewrite_file(const std::filesystem::path& path, std::uint64_t offset, Disk& disk);

/// The same of all records from `from` on, of which `since` is the first, with what is disclosed
/// of them and the names of their files.
Result<void> rewrite_segments(const std::filesystem::path& folder, const Place& from,
                              Sequence since, Disk& disk);

}  // namespace sallyport::audit
