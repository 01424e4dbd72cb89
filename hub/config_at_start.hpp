#pragma once

#include "base/result.hpp"
#include "daemon/last_good.hpp"
#include "hub/config.hpp"

#include <filesystem>
#include <optional>

namespace sallyport::hub {

/// Whether a hub starts with the last good configuration if the present one is broken.
enum class OnBroken { use_last_good, fail };

/// What a hub starts with.
struct StartConfig {
    Config config;
    std::optional<daemon::LastGoodUse> last_good{};  // there: the file on disk is broken
};

/// The configuration on disk, or what is left of the last good one (narrowed()). Errors: those of
/// the configuration on disk, with why there was nothing to fall back to.
Result<StartConfig> config_at_start(const std::filesystem::path& file, OnBroken on_broken);

}  // namespace sallyport::hub
