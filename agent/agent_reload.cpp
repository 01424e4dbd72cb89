// How the running agent takes a changed configuration: whole, or not at all.
#include "agent/agent.hpp"
#include "agent/config_change.hpp"
#include "agent/config_restart.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/audit_config.hpp"

namespace sallyport::agent {

Result<void> Agent::reload(const daemon::ChangedBy& by) {
    const auto refused = [](const Error& why) {
        log::error("config.refused", {{"error", to_text(why)}});
        return Error{why.code, "the configuration is not valid, the one before stays in force:\n" +
                                   why.detail};
    };
    auto config = Config::load(site_->config.file);
    if (!config) return refused(config.error());
    // Before anything is read of a state directory: overrides and keys stay where they are.
    auto waiting = keep_what_needs_a_restart(shared_->site->config, *config);
    auto site = Site::in_force(std::move(*config));
    if (!site) return refused(site.error());
    auto keys = PrincipalKeys::load((*site)->config, std::chrono::system_clock::now());
    if (!keys) return refused(keys.error());
    auto access = std::shared_ptr<const daemon::AdminHttps::Access>();
    if (https_ && !(*site)->config.admin.certificate_file.empty()) {
        auto loaded = daemon::AdminHttps::load((*site)->config.admin);
        if (!loaded) return refused(loaded.error());
        access = std::move(*loaded);
    }
    auto changed = compare(site_->config, (*site)->config);
    note_waiting(changed, waiting);
    restart_needed_ = std::move(waiting);
    site_ = std::move(*site);
    if (auto loaded = load_identity(); !loaded)
        log::error("identity.failed", {{"error", to_text(loaded.error())}});
    rotation_->identity_changed();
    auto recorded = log_->reconfigure(
        daemon::audit_policy(site_->config.audit, site_->config.digest), changed.made_by(by));
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
    if (https_) https_->use(std::move(access));
    log::info("config.reloaded", {{"configuration", site_->config.digest}, {"who", by.who}});
    for (const auto& key : restart_needed_) log::warn("config.restart_needed", {{"key", key}});
    return {};
}

}  // namespace sallyport::agent
