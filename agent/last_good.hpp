// What of the last good configuration (daemon/last_good) an agent may start with.
#pragma once

#include "agent/config.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// What is left of a good configuration while the files on disk are broken.
struct Narrowed {
    Config config;
    std::vector<std::string> closed{};  // mappings and rules that are gone, and why
};

/// Takes away what the present files, broken as they are, do not say in the same words any more:
/// what an administrator removed, narrowed or changed must not come back because he made a mistake
/// elsewhere. What they left alone stays, and nothing is added. `good` was read from `before`.
Narrowed narrowed(Config good, const ConfigDocuments& before, const ConfigDocuments& present);

/// `state_dir` of an agent.toml that may be broken: of the first line that says it, else where it
/// is by default.
std::filesystem::path state_dir_of(std::string_view text);

}  // namespace sallyport::agent
