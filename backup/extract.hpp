#pragma once

#include "backup/reader.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace sallyport::backup {

/// The present file of the archive, below `folder`, which nobody else can write to, under its name;
/// durable. Folders are made as they are needed (umask). Errors: the operating system's, also if
/// the file is there; those of the archive.
Result<void> extract(ArchiveReader& archive, const Entry& entry,
                     const std::filesystem::path& folder, mode_t mode);

/// The same of what is in memory.
Result<void> extract(std::string_view content, std::string_view name,
                     const std::filesystem::path& folder, mode_t mode);

}  // namespace sallyport::backup
