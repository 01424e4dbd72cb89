#pragma once

#include "agent/exchange_audit.hpp"
#include "agent/stream_inspection.hpp"
#include "ldap/inspector.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace sallyport::agent {

/// A stream between a client and a directory: ldap::Inspector decides, the operations go on record.
class LdapInspection final : public StreamInspection {
public:
    LdapInspection(ExchangeAudit& audit, std::shared_ptr<const ldap::Policy> policy);

    InspectionStep from_caller(std::span<std::byte> received) override;
    InspectionStep from_back_end(std::span<std::byte> received) override;
    InspectionStep caller_ended() override { return {.forward = from_caller_}; }
    InspectionStep back_end_ended() override { return {.forward = from_back_end_}; }

private:
    InspectionStep done(const ldap::Step& step, BytesView received, Bytes& incomplete);
    bool record(const ldap::Step& step);
    void record_operation(const ldap::Step& step);

    ExchangeAudit& audit_;
    std::shared_ptr<const ldap::Policy> policy_;
    ldap::Inspector inspector_;
    // The start of a message, as long as there is no more of it. Where nothing is judged it may be
    // the end of something else, which has to arrive like the rest.
    Bytes from_caller_{};
    Bytes from_back_end_{};
};

/// Makes one for each connection. `operations` as a mapping has them: valid, or none.
std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> ldap_inspections(
    std::span<const std::string> operations);

}  // namespace sallyport::agent
