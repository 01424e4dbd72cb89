#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace sallyport::audit {

/// What is written before it gets the name `path`. There is one such name, so that a kill leaves
/// one file behind at most, which the next try writes over.
std::filesystem::path unfinished_name(const std::filesystem::path& path);

/// Puts a file in the place of another one in one step; it is durable then. After an error it is
/// the old one or the new one.
Result<void> replace(const std::filesystem::path& path, std::string_view content, mode_t mode);

}  // namespace sallyport::audit
