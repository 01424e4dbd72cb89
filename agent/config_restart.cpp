#include "agent/config_restart.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sallyport::agent {
namespace {

/// docs/AUDIT.md#categories; of other keys it is "Configuration".
std::string_view category_of_waiting(std::string_view key) {
    static constexpr auto categories = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"[[hub]]", "Account"},
         {"[[channel]]", "ServiceChannelConfiguration"},
         {"log.", "CloudConnectorLoggers"},
         {"tunnel.", "AdvancedConnectivity"},
         {"kerberos.", "KerberosConfiguration"},
         {"audit.", "AuditLogLevel"}});
    const auto* const found = std::ranges::find_if(
        categories, [&](const auto& entry) { return key.starts_with(entry.first); });
    return found == categories.end() ? "Configuration" : found->second;
}

}  // namespace

std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& after) {
    std::vector<std::string> kept;
    const auto keep = [&](const char* key, const auto& before, auto& now) {
        if (before == now) return;
        kept.emplace_back(key);
        now = before;
    };
    keep("[[hub]]", running.hubs, after.hubs);
    keep("[[channel]]", running.channels, after.channels);
    keep("state_dir", running.state_dir, after.state_dir);
    keep("workers", running.workers, after.workers);
    keep("admin_socket", running.admin_socket, after.admin_socket);
    keep("admin_group", running.admin.admin_group, after.admin.admin_group);
    keep("view_group", running.admin.view_group, after.admin.view_group);
    keep("admin_listen", running.admin.listen, after.admin.listen);
    keep("log.format", running.log.format, after.log.format);
    keep("log.target", running.log.target, after.log.target);
    keep("tunnel.memory_budget_mib", running.tunnel.memory_budget_bytes,
         after.tunnel.memory_budget_bytes);
    keep("tunnel.ping_interval", running.tunnel.keepalive.interval,
         after.tunnel.keepalive.interval);
    keep("tunnel.ping_timeout", running.tunnel.keepalive.patience, after.tunnel.keepalive.patience);
    keep("tunnel.reconnect_first", running.tunnel.reconnect.first, after.tunnel.reconnect.first);
    keep("tunnel.reconnect_ceiling", running.tunnel.reconnect.ceiling,
         after.tunnel.reconnect.ceiling);
    keep("audit.key_kind", running.audit.key_kind, after.audit.key_kind);
    keep("audit.checkpoint_interval", running.audit.checkpoint_interval,
         after.audit.checkpoint_interval);
    keep("audit.heartbeat_interval", running.audit.heartbeat_interval,
         after.audit.heartbeat_interval);
    // The first file that the process has used stays the one of its library.
    if (after.kerberos) {
        const auto file = running.kerberos ? running.kerberos->krb5_conf : std::filesystem::path();
        keep("kerberos.krb5_conf", file, after.kerberos->krb5_conf);
    }
    return kept;
}

void note_waiting(daemon::ConfigChange& change, const std::vector<std::string>& waiting) {
    for (const auto& key : waiting) {
        change.categories.insert(category_of_waiting(key));
        change.changes.push_back(key + " waits for a restart");
    }
}

}  // namespace sallyport::agent
