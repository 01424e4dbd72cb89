#include "hub/config_changes.hpp"

#include "daemon/config_comparison.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::hub {
namespace {

/// In which of the agent's categories a key is (docs/AUDIT.md#categories); others are
/// "Configuration".
std::string_view category_of(std::string_view key) {
    static constexpr auto categories = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"log_level", "CloudConnectorLoggers"},
         {"access_log", "CloudConnectorLoggers"},
         {"log.format", "CloudConnectorLoggers"},
         {"log.target", "CloudConnectorLoggers"},
         {"token_lifetime", "ApplicationTrust"},
         {"certificate", "SystemCertificate"},
         {"agent_certificate_lifetime", "Account"},
         {"expired_grace", "Account"},
         {"approve", "Account"},
         {"crl_files", "Account"},
         {"limits", "AdvancedConnectivity"},
         {"ping_interval", "AdvancedConnectivity"},
         {"ping_timeout", "AdvancedConnectivity"},
         {"ready_interval", "AdvancedConnectivity"},
         {"hold_timeout", "AdvancedConnectivity"},
         {"drain_timeout", "AdvancedConnectivity"},
         {"audit.key_kind", "AuditLogLevel"},
         {"audit.checkpoint_interval", "AuditLogLevel"},
         {"audit.heartbeat_interval", "AuditLogLevel"}});
    const auto* const found =
        std::ranges::find(categories, key, [](const auto& entry) { return entry.first; });
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
    keep("name", running.name, after.name);
    keep("url", running.url, after.url);
    keep("tls", running.tls, after.tls);
    keep("proxy", running.proxy, after.proxy);
    keep("socks5", running.socks5, after.socks5);
    keep("saprouter", running.saprouter, after.saprouter);
    keep("allow_plaintext", running.allow_plaintext, after.allow_plaintext);
    keep("state", running.state_folder, after.state_folder);
    keep("admin_socket", running.admin_socket, after.admin_socket);
    keep("admin_group", running.admin.admin_group, after.admin.admin_group);
    keep("view_group", running.admin.view_group, after.admin.view_group);
    keep("admin_listen", running.admin.listen, after.admin.listen);
    keep("workers", running.workers, after.workers);
    keep("log.format", running.log.format, after.log.format);
    keep("log.target", running.log.target, after.log.target);
    keep("agent_certificate_lifetime", running.agent_certificate_lifetime,
         after.agent_certificate_lifetime);
    keep("expired_grace", running.expired_grace, after.expired_grace);
    keep("approve", running.approval, after.approval);
    keep("audit.key_kind", running.audit.key_kind, after.audit.key_kind);
    keep("audit.checkpoint_interval", running.audit.checkpoint_interval,
         after.audit.checkpoint_interval);
    keep("audit.heartbeat_interval", running.audit.heartbeat_interval,
         after.audit.heartbeat_interval);
    keep("memory_budget_mib", running.memory_budget_bytes, after.memory_budget_bytes);
    return kept;
}

daemon::ConfigChange compare(const Config& running, const Config& after,
                             const std::vector<std::string>& kept) {
    daemon::Comparison comparison;
    const auto part = [&](std::string_view key, const auto& before, const auto& now) {
        comparison.part(category_of(key), key, before, now);
    };
    comparison.audit(running.audit, after.audit);
    part("log_level", running.log.level, after.log.level);
    part("access_log", running.access_log, after.access_log);
    part("token_lifetime", running.token_lifetime, after.token_lifetime);
    part("admin", running.admin, after.admin);
    part("limits", running.client_limits, after.client_limits);
    part("ping_interval", running.keepalive.interval, after.keepalive.interval);
    part("ping_timeout", running.keepalive.patience, after.keepalive.patience);
    part("ready_interval", running.ready_interval, after.ready_interval);
    part("hold_timeout", running.hold, after.hold);
    part("drain_timeout", running.drain, after.drain);
    part("crl_files", running.crl_files, after.crl_files);
    part("certificate", running.certificates, after.certificates);
    for (const auto& key : kept) comparison.note(category_of(key), key + " waits for a restart");
    return comparison.take();
}

}  // namespace sallyport::hub
