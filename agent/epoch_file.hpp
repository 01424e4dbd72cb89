#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace sallyport::agent {

/// Counts the starts of this agent (docs/PROTOCOL.md#epoch): reads the counter in `file` (0 if
/// there is none), adds one, makes that durable and returns it. A full disk does not hinder it once
/// the file is there. Errors: the operating system's, with what to do, or
/// Errc::malformed if the file does not hold a number: then a copy of the state may be running, and
/// an administrator decides.
Result<std::uint64_t> next_epoch(const std::filesystem::path& file);

}  // namespace sallyport::agent
