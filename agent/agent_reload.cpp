// How the running agent takes a changed configuration: whole, or not at all.
#include "agent/agent.hpp"
#include "agent/config_change.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/audit_config.hpp"

#include <tuple>

namespace sallyport::agent {
namespace {

std::filesystem::path krb5_conf_of(const Config& config) {
    return config.kerberos ? config.kerberos->krb5_conf : std::filesystem::path();
}

auto sealing_of(const daemon::AuditConfig& audit) {
    return std::tuple(audit.key_kind, audit.checkpoint_interval, audit.heartbeat_interval);
}

/// Keys of the configuration that a reload cannot change while links are up.
bool needs_restart(const Config& before, const Config& after) {
    return before.hubs != after.hubs || before.channels != after.channels ||
           before.workers != after.workers || before.state_dir != after.state_dir ||
           before.admin_socket != after.admin_socket || !before.admin.same_doors(after.admin) ||
           before.log.format != after.log.format || before.log.target != after.log.target ||
           !before.tunnel.same_links(after.tunnel) || krb5_conf_of(before) != krb5_conf_of(after) ||
           sealing_of(before.audit) != sealing_of(after.audit);
}

}  // namespace

Result<void> Agent::reload(std::string_view who) {
    auto site = Site::in_force(site_->config.file);
    if (!site) {
        log::error("config.refused", {{"error", to_text(site.error())}});
        return Error{site.error().code,
                     "the configuration is not valid, the one before stays in force:\n" +
                         site.error().detail};
    }
    auto keys = PrincipalKeys::load((*site)->config, std::chrono::system_clock::now());
    if (!keys) {
        log::error("config.refused", {{"error", to_text(keys.error())}});
        return keys.error();
    }
    auto access = std::shared_ptr<const daemon::AdminHttps::Access>();
    if (https_ && !(*site)->config.admin.listen.empty()) {
        auto loaded = daemon::AdminHttps::load((*site)->config.admin);
        if (!loaded) {
            log::error("config.refused", {{"error", to_text(loaded.error())}});
            return loaded.error();
        }
        access = std::move(*loaded);
    }
    const bool restart = needs_restart(shared_->site->config, (*site)->config);
    const auto changed = compare(site_->config, (*site)->config);
    site_ = std::move(*site);
    if (auto loaded = load_identity(); !loaded)
        log::error("identity.failed", {{"error", to_text(loaded.error())}});
    rotation_->identity_changed();
    auto recorded = log_->reconfigure(
        daemon::audit_policy(site_->config.audit, site_->config.digest), changed.made_by(who));
    if (!recorded) log::error("audit.failed", {{"error", to_text(recorded.error())}});
    level_.configure(site_->config.log.level);
    key_sets_.use(site_->identity_providers.sources());
    use_takers();
    forwarders_.use(site_->config.audit.forwarders);
    configured_witnesses_.use(*log_, site_->config.audit.witnesses);
    shared_->states->use(site_->table.mappings(), net::Loop::now());
    health_checks_->use(site_);
    use_keys(std::move(*keys));
    keep_last_good();
    if (access) https_->use(std::move(access));
    log::info("config.reloaded", {{"configuration", site_->config.digest}, {"who", who}});
    if (restart)
        log::warn("config.restart_needed",
                  {{"what",
                    "[[hub]], [tunnel], workers, state_dir, admin_socket, admin_listen, who may "
                    "administer, krb5_conf, [log] or "
                    "how the audit log is signed changed"}});
    return {};
}

}  // namespace sallyport::agent
