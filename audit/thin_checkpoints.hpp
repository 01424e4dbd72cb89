#pragma once

#include "audit/log_keys.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// What is left of the checkpoints of a segment that is not written any more: the one it begins
/// with, and of those that the same keys signed (the log, a witness, both keys of a change) the
/// newest, which says all that the ones before it said. nullopt if nothing is to go; or if the log
/// did not make one of them, or not in this order: then all of it is evidence, and stays.
std::optional<std::string> thin_checkpoints(std::string_view content, const LogKeys& keys,
                                            const std::function<bool()>& goes_on);

/// The same for a file, whose name and rights stay. Errors: Errc::aborted when `goes_on` says no;
/// the operating system's, after which nothing has changed.
Result<void> thin_checkpoint_file(const std::filesystem::path& path, const LogKeys& keys,
                                  const std::function<bool()>& goes_on);

}  // namespace sallyport::audit
