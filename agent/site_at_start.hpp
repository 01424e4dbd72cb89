#pragma once

#include "agent/site.hpp"

#include <filesystem>

namespace sallyport::agent {

/// Whether an agent starts with the last good configuration if the present one is broken.
enum class OnBroken { use_last_good, fail };

/// What an agent starts with: Site::in_force(), or what is left of the last good configuration
/// (narrowed()); then Site::last_good says so. Errors: those of the present configuration, with why
/// there was nothing to fall back to.
Result<SitePtr> site_at_start(const std::filesystem::path& file, OnBroken on_broken);

/// Where an agent of this file listens for commands: as `config`, which was read from it, says, or
/// while that is broken as the last good one does. Errors: those of `config`.
Result<std::filesystem::path> socket_in_force(const std::filesystem::path& file,
                                              const Result<Config>& config);

}  // namespace sallyport::agent
