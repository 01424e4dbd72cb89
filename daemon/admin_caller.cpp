#include "daemon/admin_caller.hpp"

#include <algorithm>
#include <cerrno>
#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

/// The kernel's NGROUPS_MAX; nobody can be in more.
constexpr std::size_t groups_max = 65'536;

/// The supplementary ones; none where the kernel does not say.
std::vector<gid_t> groups_of(int socket) {
    constexpr std::size_t usual = 64;
    std::vector<gid_t> groups(usual);
    while (true) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return groups;
        }
        const auto wanted = size / sizeof(gid_t);
        if (errno != ERANGE || wanted <= groups.size() || wanted > groups_max) return {};
        groups.resize(wanted);
    }
}

std::optional<gid_t> group_called(const std::string& name) {
    constexpr std::size_t entry_bytes = 64 * 1024;  // with its members
    if (name.empty()) return std::nullopt;
    std::vector<char> buffer(entry_bytes);
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr)
        return std::nullopt;
    return found->gr_gid;
}

bool is_member(const AdminCaller& caller, const std::optional<gid_t>& group) {
    return group && std::ranges::find(caller.groups, *group) != caller.groups.end();
}

}  // namespace

AdminCaller caller_of(int socket) {
    constexpr uid_t nobody = 65'534;
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return {.user = nobody};
    AdminCaller caller{.user = credentials.uid, .groups = {credentials.gid}};
    const auto more = groups_of(socket);
    caller.groups.insert(caller.groups.end(), more.begin(), more.end());
    return caller;
}

AdminGroups find_groups(const std::string& admin, const std::string& view) {
    return {.own = ::geteuid(), .admin = group_called(admin), .view = group_called(view)};
}

AdminRight right_of(const AdminCaller& caller, const AdminGroups& groups) {
    if (caller.user == 0 || caller.user == groups.own || is_member(caller, groups.admin))
        return AdminRight::change;
    return is_member(caller, groups.view) ? AdminRight::look : AdminRight::none;
}

}  // namespace sallyport::daemon
