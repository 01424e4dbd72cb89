#include "agent/link_record.hpp"

#include "base/bytes.hpp"
#include "certs/spiffe.hpp"
#include "net/tls_duplex.hpp"

namespace sallyport::agent {

LinkRecord::LinkRecord(audit::Log* log, Facts facts, const net::TlsDuplex& connection)
    : log_(log), facts_(std::move(facts)) {
    const auto shown = connection.own_certificate();
    if (!facts_.own && shown)
        if (const auto name = certs::AgentName::of(*shown)) facts_.own = *name;
    if (facts_.own) {
        tenant_ = facts_.own->tenant();
        agent_ = facts_.own->agent();
    }
    if (const auto peer = connection.peer_certificate()) certificate_ = to_hex(peer->fingerprint());
}

LinkRecord::~LinkRecord() {
    if (!up_) return;
    make_safe(log_->append(
        audit::LinkDown{.hub = facts_.hub,
                        .link = facts_.link,
                        .remote = remote_,
                        .tenant = tenant_,
                        .agent = agent_,
                        .reason = reason_,
                        .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::steady_clock::now() - since_)}));
}

void LinkRecord::up(const std::string& remote) {
    if (log_ == nullptr || up_) return;
    up_ = true;
    since_ = std::chrono::steady_clock::now();
    remote_ = remote;
    make_safe(log_->append(audit::LinkUp{.hub = facts_.hub,
                                         .link = facts_.link,
                                         .remote = remote_,
                                         .tenant = tenant_,
                                         .agent = agent_,
                                         .location = facts_.location,
                                         .certificate = certificate_,
                                         .epoch = facts_.epoch}));
}

/// Nobody waits: a log that fails says so itself, and decides about exchanges.
void LinkRecord::make_safe(audit::Sequence sequence) {
    if (sequence == audit::not_recorded) return;
    if (log_->durability() == audit::Durability::power)
        log_->sync(sequence, [](bool) {});
    else
        static_cast<void>(log_->write());
}

}  // namespace sallyport::agent
