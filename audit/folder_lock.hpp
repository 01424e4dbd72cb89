#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace sallyport::audit {

/// Makes the folder (0750) if it is missing and takes it for this process until the descriptor is
/// closed. Errors: Errc::conflict if another process has it; the operating system's.
Result<FileDescriptor> lock_folder(const std::filesystem::path& folder);

}  // namespace sallyport::audit
