#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace sallyport::daemon {

/// Looked at in a state folder.
inline constexpr std::size_t ownership_entries_max = 10'000;

/// Something in a state folder, or the folder itself, that belongs to somebody other than `user`,
/// with the command that mends it: a sentence. Empty if there is nothing, and for root, who may use
/// everything.
std::string ownership_advice(const std::filesystem::path& state_folder, uid_t user);

/// The same of this process, in a line of its own, where a start has failed since something may not
/// be used. Empty for other failures.
std::string ownership_line(const Error& error, const std::filesystem::path& state_folder);

}  // namespace sallyport::daemon
