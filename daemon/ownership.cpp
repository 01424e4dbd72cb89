#include "daemon/ownership.hpp"

#include "daemon/account.hpp"
#include "daemon/machine.hpp"

#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;

std::string user_text(uid_t user) {
    const auto name = account_of(user);
    return name.empty() ? std::to_string(user) : name;
}

/// Nothing where it is the user's own, or cannot be looked at.
std::string advice_about(const fs::path& path, const fs::path& state_folder, uid_t user) {
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0 || facts.st_uid == user) return {};
    return path.string() + " belongs to " + user_text(facts.st_uid) + ", and this runs as " +
           user_text(user) + ". Mend it: chown -R " + shell_word(user_text(user)) + " " +
           shell_word(state_folder.string());
}

}  // namespace

std::string ownership_advice(const fs::path& state_folder, uid_t user) {
    if (user == 0) return {};
    if (auto advice = advice_about(state_folder, state_folder, user); !advice.empty())
        return advice;
    std::error_code failure;
    fs::recursive_directory_iterator entry(state_folder,
                                           fs::directory_options::skip_permission_denied, failure);
    for (std::size_t seen = 0;
         !failure && entry != fs::recursive_directory_iterator() && seen < ownership_entries_max;
         ++seen) {
        if (auto advice = advice_about(entry->path(), state_folder, user); !advice.empty())
            return advice;
        entry.increment(failure);
    }
    return {};
}

std::string ownership_line(const Error& error, const fs::path& state_folder) {
    if (error.code != std::errc::permission_denied &&
        error.code != std::errc::operation_not_permitted)
        return {};
    const auto advice = ownership_advice(state_folder, ::geteuid());
    return advice.empty() ? advice : advice + "\n";
}

}  // namespace sallyport::daemon
