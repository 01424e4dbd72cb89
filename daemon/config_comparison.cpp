#include "daemon/config_comparison.hpp"

#include "daemon/audit_config.hpp"

namespace sallyport::daemon {

void Comparison::audit(const AuditConfig& before, const AuditConfig& after) {
    list("AuditLogForwarding", "audit.forward", before.forwarders, after.forwarders,
         [](const forward::Settings& target) { return target.name; });
    list("AuditLogLevel", "audit.witness", before.witnesses, after.witnesses,
         [](const WitnessSettings& witness) { return witness.name; });
    auto others = before;
    others.witnesses = after.witnesses;
    others.forwarders = after.forwarders;
    part("AuditLogLevel", "audit", others, after);
}

}  // namespace sallyport::daemon
