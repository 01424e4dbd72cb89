#include "hub/bundle_config.hpp"

#include <algorithm>
#include <array>

namespace sallyport::hub {
namespace {

// Numbers, times, words of a choice, names of files, addresses. Not what people write freely.
constexpr std::array<std::string_view, 73> listed_keys{
    "agents.crl_files",
    "audit.checkpoint_interval",
    "audit.disclosure_days",
    "audit.durability",
    "audit.forward.ca_file",
    "audit.forward.certificate_file",
    "audit.forward.events",
    "audit.forward.format",
    "audit.forward.from",
    "audit.forward.key_file",
    "audit.forward.kind",
    "audit.forward.known_hosts_file",
    "audit.forward.name",
    "audit.forward.passphrase_file",
    "audit.forward.path",
    "audit.forward.personal",
    "audit.forward.size_max",
    "audit.forward.socket",
    "audit.forward.url",
    "audit.heartbeat_interval",
    "audit.hold_days",
    "audit.key_kind",
    "audit.level",
    "audit.on_failure",
    "audit.retention_bytes",
    "audit.retention_days",
    "audit.segment_bytes",
    "audit.witness.ca_file",
    "audit.witness.interval",
    "audit.witness.key",
    "audit.witness.name",
    "audit.witness.proxy",
    "audit.witness.proxy_credentials_file",
    "audit.witness.url",
    "certificate.chain_file",
    "certificate.key_file",
    "certificate.names",
    "enrolment.approve",
    "enrolment.expired_grace",
    "hub.access_log",
    "hub.admin_certificate_file",
    "hub.admin_client_ca_file",
    "hub.admin_group",
    "hub.admin_key_file",
    "hub.admin_listen",
    "hub.admin_socket",
    "hub.admin_token_file",
    "hub.agent_certificate_lifetime",
    "hub.allow_plaintext",
    "hub.log_level",
    "hub.name",
    "hub.proxy",
    "hub.ready_interval",
    "hub.saprouter",
    "hub.socks5",
    "hub.state",
    "hub.tls",
    "hub.token_lifetime",
    "hub.url",
    "hub.view_group",
    "hub.workers",
    "limits.aborts_burst",
    "limits.aborts_per_second",
    "limits.requests_per_client",
    "log.format",
    "log.level",
    "log.target",
    "tunnel.drain_timeout",
    "tunnel.hold_timeout",
    "tunnel.memory_budget_mib",
    "tunnel.ping_interval",
    "tunnel.ping_timeout",
    "tunnel.ready_interval",
};

}  // namespace

bool may_bundle(std::string_view key) {
    return std::ranges::find(listed_keys, key) != listed_keys.end();
}

}  // namespace sallyport::hub
