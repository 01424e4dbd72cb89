#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sallyport::daemon {

/// How much somebody may do over local administration; each includes the ones before.
enum class AdminRight { none, look, change };

/// Who asks: over a Unix socket, as the kernel says; over HTTPS, as the log-in says.
struct AdminCaller {
    uid_t user = 0;
    std::vector<gid_t> groups = {};  // the primary one first
    AdminRight right = AdminRight::none;
    std::string login = {};  // over HTTPS: "cert:CN=monitor", "token", or "nobody"

    /// "uid:1000", or the log-in.
    std::string text() const { return login.empty() ? "uid:" + std::to_string(user) : login; }
};

/// Of a connected Unix socket (SO_PEERCRED, SO_PEERGROUPS), without a right yet. Where the kernel
/// does not say who it is: nobody (65534), in no group.
AdminCaller caller_of(int socket);

/// Whose members may do what. A group that this machine does not have has no members.
struct AdminGroups {
    uid_t own = 0;  // the user that the daemon runs as
    std::optional<gid_t> admin{};
    std::optional<gid_t> view{};
};

/// Looks both names up. Blocks: the system's group database may be a directory in the network.
AdminGroups find_groups(const std::string& admin, const std::string& view);

/// What the caller's user and groups give him: root and the daemon's own user may change, as may
/// members of the one group; members of the other may look; nobody else may anything.
AdminRight right_of(const AdminCaller& caller, const AdminGroups& groups);

}  // namespace sallyport::daemon
