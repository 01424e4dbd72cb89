#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace sallyport::backup {

/// A file in a backup; nothing else stands there, no folder, link or device.
struct Entry {
    std::string name;        // "state/audit/vkeys", see is_entry_name()
    std::uint64_t size = 0;  // bytes
    mode_t mode = 0600;      // permissions only
    bool operator==(const Entry&) const = default;
};

inline constexpr std::size_t entry_name_bytes_max = 255;
/// What eleven octal digits can say.
inline constexpr std::uint64_t entry_bytes_max = 8'589'934'591;
/// Files of one backup.
inline constexpr std::uint64_t entries_max = 1'000'000;

/// The first and the last file of each backup.
inline constexpr std::string_view about_name = "backup.json";
inline constexpr std::string_view digests_name = "SHA256SUMS";
inline constexpr std::size_t about_bytes_max = 64 * 1024;

/// Whether it can be taken for a path below a folder without a second look: parts of printable
/// ASCII without blanks, backslashes or quotes, with "/" between them, none empty, "." or "..",
/// none that begins with "-".
bool is_entry_name(std::string_view name);

}  // namespace sallyport::backup
