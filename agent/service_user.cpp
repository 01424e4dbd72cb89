#include "agent/service_user.hpp"

#include "base/error.hpp"

#include <array>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

/// "sallyport", or "#999" for one without a name: as runuser and sudo take it.
std::string name_of(uid_t user) {
    constexpr std::size_t entry_bytes = 4096;
    std::array<char, entry_bytes> text{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
        return '#' + std::to_string(user);
    return found->pw_name;
}

}  // namespace

Result<void> check_service_user(const std::filesystem::path& state_dir) {
    struct stat facts {};
    if (::stat(state_dir.c_str(), &facts) != 0 || ::geteuid() != 0 || facts.st_uid == 0) return {};
    const auto name = name_of(facts.st_uid);
    return Error{Errc::denied, state_dir.string() + " belongs to " + name +
                                   ", and the agent could not read what root writes there: run "
                                   "this as that user, e.g. with `runuser -u " +
                                   name + " -- sallyport ...`"};
}

}  // namespace sallyport::agent
