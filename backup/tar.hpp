// The archive in a backup: POSIX ustar (IEEE 1003.1 pax, "ustar Interchange Format") with regular
// files only, which every tar reads.
#pragma once

#include "backup/entry.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::backup {

inline constexpr std::size_t tar_block_bytes = 512;

/// The block before a file's content. The time is 1970: nothing depends on it, and it tells
/// nothing. Errors: Errc::malformed if its name cannot be written, Errc::limit if it is too large.
Result<std::string> write_tar_block(const Entry& entry);

/// What a block says; nullopt for a block of zeros, of which two end an archive. Errors:
/// Errc::malformed for all that is not a regular file with a name that is_entry_name(), written as
/// we do. Pure; whoever made the block.
Result<std::optional<Entry>> read_tar_block(std::string_view block);

/// Zeros that fill a file's last block.
inline std::uint64_t tar_padding(std::uint64_t size) {
    return (tar_block_bytes - size % tar_block_bytes) % tar_block_bytes;
}

}  // namespace sallyport::backup
