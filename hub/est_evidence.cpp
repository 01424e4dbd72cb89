// What enrolment leaves in the audit log.
#include "base/bytes.hpp"
#include "hub/command_context.hpp"
#include "hub/est_server.hpp"

namespace sallyport::hub {

Result<void> EstServer::may_issue() const {
    return audit_ == nullptr ? Result<void>() : audit_->admits();
}

Result<void> EstServer::put_on_record(const certs::Certificate& certificate,
                                      const CertificateEntry& entry, std::uint64_t generation,
                                      std::string_view purpose, std::string_view peer) const {
    if (audit_ == nullptr) return {};
    const auto not_after = to_text(entry.not_after);
    const auto sha256 = to_hex(certificate.fingerprint());
    const auto key = to_hex(certificate.public_key_hash());
    return audit_->issued({.tenant = entry.agent.tenant_id,
                           .agent = entry.agent.name,
                           .purpose = purpose,
                           .generation = generation,
                           .serial = entry.serial,
                           .not_after = not_after,
                           .sha256 = sha256,
                           .key = key,
                           .issuer = entry.authority,
                           .remote = peer});
}

void EstServer::tell_refused(const AgentKey& agent, std::string_view serial, std::string_view peer,
                             const Error& why) const {
    if (audit_ == nullptr) return;
    audit_->refused(audit::EnrolmentRefused{.tenant = agent.tenant_id,
                                            .agent = agent.name,
                                            .remote = peer,
                                            .serial = serial,
                                            .reason = why.detail},
                    std::chrono::steady_clock::now());
}

}  // namespace sallyport::hub
