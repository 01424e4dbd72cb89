#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace sallyport::agent {

/// Whether what this process writes into the state directory can be read by the agent, which runs
/// as the owner of the directory: what root leaves there is root's. A directory that is not there
/// yet is nobody's.
/// Errors: Errc::denied; the detail says what to run instead.
Result<void> check_service_user(const std::filesystem::path& state_dir);

}  // namespace sallyport::agent
