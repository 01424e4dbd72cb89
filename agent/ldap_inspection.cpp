#include "agent/ldap_inspection.hpp"

#include "base/log.hpp"

#include <utility>

namespace sallyport::agent {

LdapInspection::LdapInspection(ExchangeAudit& audit, std::shared_ptr<const ldap::Policy> policy)
    : audit_(audit),
      policy_(std::move(policy)),
      inspector_({.policy = *policy_, .system = audit.exchange().virtual_host}) {}

InspectionStep LdapInspection::from_caller(std::span<std::byte> received) {
    return done(inspector_.from_client(received), received, from_caller_);
}

InspectionStep LdapInspection::from_back_end(std::span<std::byte> received) {
    return done(inspector_.from_back_end(received), received, from_back_end_);
}

InspectionStep LdapInspection::done(const ldap::Step& step, BytesView received, Bytes& incomplete) {
    incomplete.clear();
    if (step.taken == 0 && !policy_->judges()) incomplete.assign(received.begin(), received.end());
    return {.taken = step.taken,
            .wanted = step.wanted,
            .forward = step.forward,
            .answer = step.answer,
            .close = step.close,
            .recorded = record(step)};
}

/// Whether there is a record for it.
bool LdapInspection::record(const ldap::Step& step) {
    const auto& exchange = audit_.exchange();
    switch (step.event) {
        case ldap::Event::none:
            return false;
        case ldap::Event::allowed:
        case ldap::Event::refused:
            record_operation(step);
            return true;
        case ldap::Event::unseen:
            audit_.append(audit::LdapUnseen{.exchange = exchange.exchange,
                                            .tenant = exchange.tenant,
                                            .client = exchange.client,
                                            .user = exchange.user,
                                            .virtual_host = exchange.virtual_host,
                                            .bound_as = inspector_.call().who,
                                            .reason = step.reason});
            return true;
        case ldap::Event::broken:
            // The end of the exchange tells of it; the reason is for whoever looks for the fault.
            audit_.end_as(step.refusal == ldap::Refusal::back_end ? audit::outcome::failed
                                                                  : audit::outcome::aborted,
                          ldap::to_text(step.refusal));
            log::write(log::Level::info, "ldap.broken",
                       {{"exchange", exchange.exchange},
                        {"virtual_host", exchange.virtual_host},
                        {"reason", step.reason}});
            return false;
    }
    return false;
}

void LdapInspection::record_operation(const ldap::Step& step) {
    const auto& exchange = audit_.exchange();
    const auto& call = inspector_.call();
    const bool is_refused = step.event == ldap::Event::refused;
    audit_.append(audit::LdapOperation{.exchange = exchange.exchange,
                                       .tenant = exchange.tenant,
                                       .client = exchange.client,
                                       .user = exchange.user,
                                       .virtual_host = exchange.virtual_host,
                                       .operation = ldap::to_text(call.operation),
                                       .message_id = call.id,
                                       .authentication = ldap::to_text(call.authentication),
                                       .bind_dn = call.dn,
                                       .mechanism = call.mechanism,
                                       .oid = call.oid,
                                       .bound_as = call.who,
                                       .decision = is_refused ? "refused" : "allowed",
                                       .reason = ldap::to_text(step.refusal)});
}

std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> ldap_inspections(
    std::span<const std::string> operations) {
    auto policy = operations.empty() ? ldap::Policy() : ldap::Policy::of(operations).value();
    return [shared = std::make_shared<const ldap::Policy>(std::move(policy))](
               ExchangeAudit& audit) -> std::unique_ptr<StreamInspection> {
        return std::make_unique<LdapInspection>(audit, shared);
    };
}

}  // namespace sallyport::agent
