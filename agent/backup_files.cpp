#include "agent/backup_files.hpp"

#include "audit/log_cut.hpp"
#include "backup/entry.hpp"

#include <algorithm>
#include <array>

namespace sallyport::agent {
namespace {

constexpr std::array<std::string_view, 6> kept_state{
    "epoch",                   // counts the starts
    "overrides.json",          // what was changed at run time
    "principal-ca.pem",        // the authority for users, with its key
    "principal-ca.next.pem",   // one that is prepared
    "system-certificate.pem",  // one that was imported, with its key
    "witnesses.json",          // keys of hubs that countersign
};

}  // namespace

bool is_state_kept(std::string_view name) {
    return std::ranges::find(kept_state, name) != kept_state.end();
}

bool is_restorable(std::string_view entry_name) {
    if (!backup::is_entry_name(entry_name)) return false;
    if (entry_name == backup::about_name) return true;
    if (entry_name.starts_with(backup_audit_folder))
        return audit::is_log_file(entry_name.substr(backup_audit_folder.size()));
    if (entry_name.starts_with(backup_state_folder))
        return is_state_kept(entry_name.substr(backup_state_folder.size()));
    return entry_name.starts_with(backup_config_folder);
}

std::vector<std::string> quoted_paths(std::string_view text) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const char quote = text[i];
        if ((quote != '"' && quote != '\'') || text[i + 1] != '/') continue;
        const auto end = text.find_first_of(quote == '"' ? "\n\"" : "\n'", i + 1);
        if (end == std::string_view::npos || text[end] == '\n') continue;
        std::string path(text.substr(i + 1, end - i - 1));
        if (std::ranges::find(paths, path) == paths.end()) paths.push_back(std::move(path));
        i = end;
    }
    return paths;
}

std::string name_below(const std::filesystem::path& folder, const std::filesystem::path& path) {
    const auto name = path.lexically_normal().lexically_relative(folder.lexically_normal());
    const auto text = name.generic_string();
    const bool below = !text.empty() && text != "." && !text.starts_with("..");
    return below ? text : std::string();
}

}  // namespace sallyport::agent
