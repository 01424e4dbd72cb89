#pragma once

#include "daemon/audit_config.hpp"
#include "daemon/doctor.hpp"

#include <vector>

namespace sallyport::daemon {

/// The ways to who gets the audit log over TLS: receivers of syslog, witnesses. Reads the files
/// that they name.
void add_audit_checks(const AuditConfig& config, std::vector<Check>& checks);

}  // namespace sallyport::daemon
