// The certificates of the running agent: which are in use, how they are changed, and what is said
// before they end.
#include "agent/agent.hpp"
#include "agent/certificate_record.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport::agent {

namespace json = boost::json;

namespace {

/// Between two looks at the clocks: a timer until the next step would miss a clock that is set, and
/// the sleep of the machine.
constexpr std::chrono::seconds expiry_tick{1};

}  // namespace

/// Those that are made to last. A system certificate that the agent issues itself is replaced when
/// it is shown: nobody has to hear of its end.
std::vector<ListedCertificate> Agent::lasting_certificates() const {
    std::vector<ListedCertificate> all;
    if (certificate_) {
        auto tunnel = ListedCertificate::of(CertificateKind::tunnel, *certificate_);
        const auto rotation = rotation_->status();
        if (rotation.life.not_after == certificate_->not_after()) tunnel.life = rotation.life;
        tunnel.renewed_by = certs::RenewedBy::itself;
        tunnel.failures = rotation.failures;
        all.push_back(std::move(tunnel));
    }
    std::ranges::move(certificates_of(keys_), std::back_inserter(all));
    if (https_ && https_->certificate() != nullptr)
        all.push_back(ListedCertificate::of(CertificateKind::admin, *https_->certificate()));
    return all;
}

net::Task<json::object> Agent::certificates() {
    auto all = lasting_certificates();
    std::ranges::move(idle_certificates(site_->config), std::back_inserter(all));
    for (auto& worker : workers_) {
        auto told = co_await ask(*worker);
        if (!told.issued_system || keys_.system != nullptr) continue;
        auto system =
            ListedCertificate::of(CertificateKind::system, std::move(*told.issued_system));
        system.renewed_by = certs::RenewedBy::itself;
        all.push_back(std::move(system));
    }
    co_return list_json(all, "daemon", site_->config, std::chrono::system_clock::now());
}

std::vector<daemon::WatchedCertificate> Agent::watched_certificates() const {
    std::vector<daemon::WatchedCertificate> all;
    for (const auto& one : lasting_certificates()) all.push_back(one.watched());
    return all;
}

/// Until cancelled.
net::Task<void> Agent::watch_expiry() {
    daemon::ToldExpiry told;
    while (true) {
        (void)told.look(watched_certificates(), std::chrono::system_clock::now());
        auto changed = net::wait_for(expiry_changed_);
        (void)co_await net::within(net::deadline_in(expiry_tick), std::move(changed));
    }
}

void Agent::record_keys() {
    const auto record = [this](const certs::Certificate& certificate, std::string_view purpose) {
        const auto file = site_->config.state_dir / ("recorded_" + std::string(purpose));
        const auto done = record_certificate(*log_, certificate, purpose, file);
        if (!done) log::warn("certificate.unrecorded", {{"error", to_text(done.error())}});
    };
    if (keys_.system != nullptr) record(keys_.system->chain.front(), "system");
    if (keys_.authority != nullptr) record(keys_.authority->certificate(), "ca");
}

/// What runs goes on with the keys it began with.
void Agent::use_keys(PrincipalKeys keys) {
    keys_ = std::move(keys);
    record_keys();
    for (auto& worker : workers_) worker->use(site_, keys_);
    expiry_changed_.set();
}

Result<void> Agent::reload_keys() {
    auto keys = PrincipalKeys::load(site_->config, std::chrono::system_clock::now());
    if (!keys) {
        log::error("certificate.refused", {{"error", to_text(keys.error())}});
        return keys.error();
    }
    const bool is_same = keys->is_same(keys_);
    use_keys(std::move(*keys));
    if (is_same) return {};
    for (const auto& one : certificates_of(keys_))
        log::info("certificate.in_use", {{"kind", to_text(one.kind)},
                                         {"subject", one.certificate.subject()},
                                         {"serial", one.certificate.serial()}});
    return {};
}

}  // namespace sallyport::agent
