#pragma once

#include "audit/chain.hpp"

#include <string>

namespace sallyport::audit {

/// One record of each event, with all that it can say.
inline std::string every_event() {
    constexpr std::string_view x = "x";
    constexpr std::chrono::microseconds some(1);
    Chain chain(0, chain_start, "b");
    std::string lines;
    std::string disclosures;
    const auto add = [&](const auto& event) { chain.append(lines, disclosures, {}, event); };
    add(ExchangeBegin{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x});
    const ExchangeEnd end{x, x, 1, x, 1, 1, some, 2, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
    add(PairedEnd{end, 1});
    add(PairedEnd{end, {}});
    add(BackendState{x, x, x, x});
    add(RfcCall{x, x, x, x, x, x, x, 1, x, x, x, x, "refused", x, x, 1});
    add(RfcCallEnd{x, 1, 1, x, x, x, x, 1, 1, some});
    add(LdapOperation{x, x, x, x, x, x, 1, x, x, x, x, x, x, x});
    add(LdapUnseen{x, x, x, x, x, x, x});
    add(LinkUp{x, x, x, x, x, x, x, 1});
    add(LinkDown{x, x, x, x, x, x, some});
    add(LinkRefused{x, x, x, x, x, x, x, x});
    add(TokenRefused{x, x, x, x, x, x, x, x, x});
    add(ClientRefused{x, x, x});
    add(EnrolmentRefused{x, x, x, x, x});
    add(RefusalsLeftOut{x, 1});
    add(CertificateIssued{x, x, x, 1, x, x, x, x, x, x});
    add(CertificateEnrolled{x, x, x, x, x, x});
    add(AgentAlarm{x, x, x, x, x});
    add(WitnessRefused{x, x, x});
    add(AdminAction{x, x, x, x, x, x, x, x, x, x, x, 1});
    add(AdminLogin{x, x, x, x, x});
    add(ReadyChanged{x, x, x, x, x, some});
    add(ConfigChanged{x, x, x, x, x, x, x, x, x, x, x});
    add(LogOpened{x, x, 1, x, x, x, x, 1, x, x, x, x, 1, x, x, x, x, x});
    add(LogRecovered{x, 1, 1, x, x, 1, 1, x});
    add(LogHeartbeat{});
    add(LogKeyChanged{x, x, x});
    add(LogWatermark{1, 1, x, 1});
    add(LogPruned{1, x, x, x, 1, 1, 1, x, x});
    add(LogDiskFull{1, x, x});
    add(AuditErased{x, x, x, 1, 1, x, x});
    add(LogClosed{});
    add(SegmentSealed{1, x});
    add(SegmentOpened{x, 1, 1});
    add(ClockStep{x, some});
    return lines;
}

}  // namespace sallyport::audit
