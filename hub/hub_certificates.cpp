// Which certificate the hub shows, and which authorities it believes.
#include "base/log.hpp"
#include "hub/authority_change.hpp"
#include "hub/hub.hpp"
#include "hub/public_tls.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

/// What failed is tried again, and an old certificate replaced in good time.
constexpr std::chrono::minutes certificates_interval{1};

}  // namespace

net::Task<void> Hub::watch_certificates() {
    while (true) {
        tell_expiry();
        co_await net::sleep_for(certificates_interval);
        keep_certificates();
        tell_faults();
        audit_->tell_left_out();
        refusals_->tell_left_out();
    }
}

/// Lists that were read, or those of before for other authorities.
void Hub::use(const AgentRevocation& lists) {
    const auto own = authorities_->get()->certificates();
    revocation_->set(std::make_shared<const AgentRevocation>(lists.judging_for(own, *accounts_)));
    for (auto& worker : workers_) worker->revocation_changed();
    tell_faults();
}

/// Each one once.
void Hub::tell_faults() {
    auto faults = revocation_->get()->faults(std::chrono::system_clock::now());
    for (const auto& fault : faults)
        if (std::ranges::find(told_faults_, fault) == told_faults_.end())
            log::warn("revocation.fault", {{"what", fault}});
    told_faults_ = std::move(faults);
}

/// What the hub shows and signs with, as it is in use. Its own one renews itself long before what
/// is said of one that is renewed by hand: where that is said, renewing has failed.
std::vector<daemon::WatchedCertificate> Hub::watched_certificates() const {
    using daemon::WatchedCertificate;
    std::vector<WatchedCertificate> all{
        WatchedCertificate::of("hub", state_.chain.front()),
        WatchedCertificate::of("ca", state_.authority.certificate())};
    for (const auto& [name, certificate] : named_certificates_)
        all.push_back(WatchedCertificate::of("public", certificate, name));
    if (https_ && https_->certificate() != nullptr)
        all.push_back(WatchedCertificate::of("admin", *https_->certificate()));
    return all;
}

void Hub::tell_expiry() {
    (void)told_expiry_.look(watched_certificates(), std::chrono::system_clock::now());
}

void Hub::keep_certificates() {
    const bool others = accounts_->authorities != used_authorities_;
    auto kept = others ? use(accounts_->authorities) : show(state_, authorities_->get());
    if (!kept) log::error("certificates.failed", {{"error", to_text(kept.error())}});
}

/// The administrator has gone a step from one authority to the next.
Result<void> Hub::use(const std::vector<AuthorityEntry>& entries) {
    auto loaded = load_authorities(config_->state_folder, entries);
    if (!loaded) return loaded.error();
    const auto authorities = std::make_shared<const Authorities>(std::move(*loaded));
    auto state = state_;
    state.authority = authorities->current;
    if (auto shown = show(std::move(state), authorities); !shown) return shown.error();
    const auto trust = authorities->trust();
    for (auto& worker : workers_) worker->use(trust);
    used_authorities_ = entries;
    log::info("authority.changed",
              {{"phase", to_text(phase_of(entries))}, {"issuer", trust.issuer}});
    return {};
}

/// Whoever connects from now on sees the certificate of `state`, renewed if that is due. Nothing
/// has changed if it fails.
Result<void> Hub::show(HubState state, const std::shared_ptr<const Authorities>& authorities) {
    const auto renewed =
        renew_hub_certificate(state, config_->name, std::chrono::system_clock::now());
    if (!renewed) return renewed.error();
    if (!*renewed && authorities == authorities_->get()) return {};
    auto shown = make_public_tls(*config_, state, *authorities, current_accounts_, revocation_);
    if (!shown) return shown.error();
    state_ = std::move(state);
    const bool others = authorities != authorities_->get();
    authorities_->set(authorities);
    if (others) use(*revocation_->get());
    tls_port_->use(std::move(shown->context));
    named_certificates_ = std::move(shown->named);
    if (*renewed) log::info("certificate.renewed", {{"serial", state_.chain.front().serial()}});
    return {};
}

}  // namespace sallyport::hub
