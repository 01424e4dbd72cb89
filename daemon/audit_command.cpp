#include "daemon/audit_command.hpp"

#include "daemon/audit_subcommand.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace sallyport::daemon {

void add_audit_commands(CLI::App& parent, AuditCommandContext& context) {
    auto* audit = parent.add_subcommand("audit", "Read and check the audit log");
    audit->require_subcommand(1);
    add_audit_tail(*audit, context);
    add_audit_query(*audit, context);
    add_audit_verify(*audit, context);
    add_audit_prove(*audit, context);
    add_audit_check_proof(*audit, context);
    add_audit_export(*audit, context);
    add_audit_erase(*audit, context);
}

}  // namespace sallyport::daemon
