#include "hub/config_changes.hpp"

namespace sallyport::hub {

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
    keep("allow_plaintext", running.allow_plaintext, after.allow_plaintext);
    keep("state", running.state_folder, after.state_folder);
    keep("admin_socket", running.admin_socket, after.admin_socket);
    keep("workers", running.workers, after.workers);
    keep("agent_certificate_lifetime", running.agent_certificate_lifetime,
         after.agent_certificate_lifetime);
    keep("expired_grace", running.expired_grace, after.expired_grace);
    keep("approve", running.approval, after.approval);
    keep("memory_budget_mib", running.memory_budget_bytes, after.memory_budget_bytes);
    return kept;
}

}  // namespace sallyport::hub
