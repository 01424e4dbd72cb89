#pragma once

#include "agent/exchange_audit.hpp"
#include "agent/stream_inspection.hpp"
#include "mappings/mapping.hpp"
#include "rfc/inspector.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::agent {

/// What the conversations of one mapping are judged by.
struct RfcTerms {
    mappings::RfcMapping mapping;
    rfc::Identity identity;
    std::string system;  // "abap.virtual:sapgw00"
};

/// One RFC conversation on its way through the agent: what rfc::Inspector says, done and put on
/// record. `rfc.call` is safe before the back end sees a byte of an allowed call, and before the
/// caller hears that one is refused; `rfc.call_end` before he has the end of the answer.
class RfcInspection final : public StreamInspection {
public:
    RfcInspection(std::shared_ptr<const RfcTerms> terms, ExchangeAudit& audit);
    /// A call under way has its end on record.
    ~RfcInspection() override;

    InspectionStep from_caller(std::span<std::byte> received) override;
    InspectionStep from_back_end(std::span<std::byte> received) override;
    InspectionStep caller_ended() override;
    InspectionStep back_end_ended() override;
    BytesView broken_off(const Error& why) override;
    /// The logon is on its way. It may be a call in one, which takes as long as calls take.
    bool is_set_up() const override { return logon_seen_; }

private:
    struct Running {
        std::optional<audit::Sequence> begin;
        std::uint64_t number;
        std::string function;
        std::chrono::steady_clock::time_point since;
    };

    InspectionStep done(const rfc::Step& step);
    void begin_call();
    bool end_call(std::string_view outcome, std::string_view reason = {});
    void refuse(const rfc::Step& step);
    void break_off(const rfc::Step& step);
    audit::RfcCall record() const;

    const std::shared_ptr<const RfcTerms> terms_;
    ExchangeAudit& audit_;
    rfc::Inspector inspector_;
    std::optional<Running> running_;
    std::uint64_t recorded_ = 0;  // number of the last message that is on record
    bool logon_seen_ = false;
};

/// Makes what looks into the conversations of a mapping of rfc://.
std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> rfc_inspections(
    const mappings::Mapping& mapping);

}  // namespace sallyport::agent
