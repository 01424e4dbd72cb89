#include "daemon/account.hpp"

#include <array>
#include <pwd.h>

namespace sallyport::daemon {

std::string account_of(uid_t user) {
    constexpr std::size_t entry_bytes_max = 16 * 1024;
    std::array<char, entry_bytes_max> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0) return {};
    return found == nullptr ? std::string() : std::string(found->pw_name);
}

}  // namespace sallyport::daemon
