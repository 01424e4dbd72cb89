// What of this agent goes into a backup, and what comes out of one. Names only: pure.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::agent {

// Where it stands in the archive (docs/BACKUP.md).
inline constexpr std::string_view backup_config_folder = "config/";
inline constexpr std::string_view backup_state_folder = "state/";
inline constexpr std::string_view backup_audit_folder = "state/audit/";

/// Whether a file of this name in the state directory is kept: nothing of the identity, neither the
/// key of the tunnel nor that of the audit log, and nothing that is of no use elsewhere.
bool is_state_kept(std::string_view name);

/// Whether an entry of an archive may come to the disk, whoever made the archive.
bool is_restorable(std::string_view entry_name);

/// The absolute paths that stand in quotes in a text of the configuration, each once.
std::vector<std::string> quoted_paths(std::string_view text);

/// `path` below `folder`, as a relative name; empty if it is not, in plain spelling.
std::string name_below(const std::filesystem::path& folder, const std::filesystem::path& path);

}  // namespace sallyport::agent
