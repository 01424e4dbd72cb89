// What the running hub puts on record.
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/forward_config.hpp"
#include "hub/hub.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::hub {

Result<void> Hub::open_audit() {
    takers_->use(config_->audit.forwarders, config_->audit.witnesses);
    auto settings = daemon::audit_settings(config_->audit, config_->audit_folder(), config_->digest,
                                           "sallyport-hub");
    settings.takers = [takers = takers_] { return takers->ask(); };
    auto log = audit::Log::open(std::move(settings));
    if (!log) return Error{log.error().code, "audit log: " + log.error().detail};
    log_ = std::move(*log);
    unrecorded_acts_.take_over(*log_);
    audit_ = std::make_unique<HubAudit>(*log_);
    outbox_ = std::make_unique<OutboxDrain>(store_, *log_);
    forwarders_.use(config_->audit.forwarders);
    return {};
}

/// Before the log's last record: what is known, but was not told.
void Hub::close_audit() {
    log_->on_sealed({});
    audit_->tell_left_out();
    log_->close();
}

void Hub::start_witnesses() {
    configured_witnesses_.use(*log_, config_->audit.witnesses);
    log_->on_sealed([this](audit::Haste haste) {
        boost::asio::post(loop_.executor(), [this, haste] { configured_witnesses_.wake(haste); });
    });
}

net::Task<void> Hub::drain_outbox() {
    std::function<Result<void>()> drain = [this] { return outbox_->run(); };
    const auto drained = co_await net::run_on_pool<void>(evidence_pool_, loop_, std::move(drain));
    const bool failed_before = std::exchange(outbox_failed_, !drained);
    if (!drained && !failed_before)  // once: it is tried again and again
        log::error("outbox.failed", {{"error", to_text(drained.error())}});
}

void Hub::refuse_link(const TlsPort::Connection& connection, const certs::Certificate& certificate,
                      const certs::AgentName* name, std::string_view code, const Error& why) {
    const auto peer = connection->peer();
    const auto reason = to_text(why);
    log::warn("link.refused", {{"agent", name == nullptr ? std::string() : name->text()},
                               {"peer", peer},
                               {"reason", reason}});
    const auto shown = to_hex(certificate.fingerprint());
    audit_->refused(
        audit::LinkRefused{.hub = config_->name,
                           .remote = peer,
                           .tenant = name == nullptr ? std::string_view() : name->tenant(),
                           .agent = name == nullptr ? std::string_view() : name->agent(),
                           .certificate = shown,
                           .code = code,
                           .reason = reason},
        std::chrono::steady_clock::now());
}

/// From any thread.
void Hub::alarm(AgentKey agent, std::string reason, std::string peer) {
    record([this, agent = std::move(agent), reason = std::move(reason),
            peer = std::move(peer)]() -> Result<void> {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        const auto raised = store_.raise_alarm(agent, reason, peer, now);
        if (!raised) return raised.error();
        if (*raised)
            audit_->note(audit::AgentAlarm{.tenant = agent.tenant_id,
                                           .agent = agent.name,
                                           .remote = peer,
                                           .code = audit::clone_alarm,
                                           .reason = reason});
        return {};
    });
}

}  // namespace sallyport::hub
