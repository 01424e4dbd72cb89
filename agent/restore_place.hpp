// Moving a restored agent into its place. Each step can be done again after a crash.
#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// Below the state directory, while a restore is under way.
inline constexpr std::string_view staging_name = ".restore";

/// What stands in the state directory and is in a restore's way.
Result<std::vector<std::filesystem::path>> state_in_the_way(const std::filesystem::path& state_dir);

/// Files of the configuration that are there and not what the backup has; also further files of
/// mappings.d, which would count.
Result<std::vector<std::filesystem::path>> configuration_in_the_way(
    const std::filesystem::path& staging, const std::filesystem::path& config_file);

/// Whether put_in_place() has begun: then nothing else may be done but to finish it.
bool is_being_put_in_place(const std::filesystem::path& staging);

/// What is in the way goes aside, then everything goes to its place, the identity last, and the
/// staging folder goes. `staging` is complete. Gives where things went that were in the way.
Result<std::vector<std::string>> put_in_place(const std::filesystem::path& staging,
                                              const Config& config);

}  // namespace sallyport::agent
