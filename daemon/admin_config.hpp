#pragma once

#include "base/config_reader.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// The keys admin_* and view_group of [agent] and [hub], but the socket: who may administer, and
/// the read-only part over HTTPS (docs/CONFIGURATION.md#admin-listen).
struct AdminConfig {
    std::string admin_group;
    std::string view_group;
    std::string listen;  // host:port; empty: nothing is offered over HTTPS
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    std::filesystem::path client_ca_file;  // empty: no certificate lets anybody in
    std::filesystem::path token_file;      // empty: no token does

    bool operator==(const AdminConfig&) const = default;
    /// Whether what only a restart can change is the same.
    bool same_doors(const AdminConfig& other) const {
        return admin_group == other.admin_group && view_group == other.view_group &&
               listen == other.listen;
    }
};

/// `program` is what the groups are called after: "sallyport-hub" gives "sallyport-hub-admin".
AdminConfig read_admin(ConfigTable& table, std::string_view program);

}  // namespace sallyport::daemon
