#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace sallyport::agent {

/// A file of the configuration that a command changes with its caller's own rights.
struct EditedFile {
    std::filesystem::path path;
    std::string before{};  // what was read; nothing for a file that is not there yet
    std::string after{};
    bool is_new = false;
};

/// Writes it beside the old one and renames: after a crash there is the one or the other, and
/// nobody reads half of it. Owner, group and mode stay; a new file gets those of `model`. A link is
/// followed. Errors: Errc::conflict if somebody else has changed the file since it was read, and
/// the operating system's; nothing is changed then.
Result<void> write_edited(const EditedFile& file, const std::filesystem::path& model);

}  // namespace sallyport::agent
