// A log that is not as it was signed is evidence, and not gone on with: all its files move into a
// folder of their own, and another log begins that names it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// A log that was put aside.
struct Generation {
    std::string name{};      // of the folder, "generation-0001"
    std::string origin{};    // empty if it is not known
    std::uint64_t size = 0;  // records in its newest checkpoint
    std::string root{};      // of that checkpoint, base64
    std::string vkey{};      // the key that signed it; empty if it is not known
    std::string broken{};    // why
};

/// Moves all files in `folder` into a new generation and keeps there, in `broken.json`, what is
/// said of it. A crash meanwhile is made up for by finish_putting_aside(). Gives it with its name.
Result<Generation> put_aside(const std::filesystem::path& folder, Generation generation);

/// Goes on with a move that was interrupted; gives whether there was one.
Result<bool> finish_putting_aside(const std::filesystem::path& folder);

/// The one that was put aside last.
Result<std::optional<Generation>> newest_generation(const std::filesystem::path& folder);

/// Whether a folder of that name is one: `generation-` and its number.
bool is_generation_name(std::string_view name);

/// Their folders, oldest first.
Result<std::vector<std::filesystem::path>> generation_folders(const std::filesystem::path& folder);

}  // namespace sallyport::audit
