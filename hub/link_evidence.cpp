#include "hub/link_evidence.hpp"

#include "base/error.hpp"

#include <utility>

namespace sallyport::hub {

LinkEvidence::LinkEvidence(HubAudit* audit, Facts facts, const certs::AgentName& name)
    : audit_(audit), facts_(std::move(facts)), tenant_(name.tenant()), agent_(name.agent()) {}

LinkEvidence::~LinkEvidence() {
    if (!up_) return;
    audit_->note(audit::LinkDown{.hub = facts_.hub,
                                 .link = facts_.link,
                                 .remote = facts_.remote,
                                 .tenant = tenant_,
                                 .agent = agent_,
                                 .reason = reason_,
                                 .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                                     std::chrono::steady_clock::now() - since_)});
}

void LinkEvidence::up(std::string_view location, std::uint64_t epoch) {
    if (audit_ == nullptr || std::exchange(seen_, true)) return;
    since_ = std::chrono::steady_clock::now();
    up_ = audit_->takes_link(tenant_, agent_, since_);
    if (!up_) return;
    audit_->note(audit::LinkUp{.hub = facts_.hub,
                               .link = facts_.link,
                               .remote = facts_.remote,
                               .tenant = tenant_,
                               .agent = agent_,
                               .location = location,
                               .certificate = facts_.certificate,
                               .epoch = epoch});
}

void LinkEvidence::ended(const Error& why) { reason_ = to_text(why); }

void LinkEvidence::refused(std::string_view location, std::string_view code, const Error& why) {
    if (audit_ == nullptr) return;
    const auto reason = to_text(why);
    audit_->refused(audit::LinkRefused{.hub = facts_.hub,
                                       .remote = facts_.remote,
                                       .tenant = tenant_,
                                       .agent = agent_,
                                       .location = location,
                                       .certificate = facts_.certificate,
                                       .code = code,
                                       .reason = reason},
                    std::chrono::steady_clock::now());
}

}  // namespace sallyport::hub
