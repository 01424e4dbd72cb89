// What every `audit COMMAND` shares: where the log is, and how an error is told.
#pragma once

#include "daemon/audit_command.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace sallyport::daemon {

/// Exit codes of the audit commands.
inline constexpr int audit_exit_problems = 1;
inline constexpr int audit_exit_not_done = 1;  // by the daemon
inline constexpr int audit_exit_error = 2;

/// --folder and --json.
struct AuditOptions {
    std::string folder{};
    bool json = false;
};

/// `audit NAME`, with --folder and --json. `options` must outlive the parsing.
CLI::App* add_audit_subcommand(CLI::App& audit, const std::string& name, const std::string& what,
                               AuditOptions& options);

/// Runs a command's body with the folder of the log, and turns its error into words and an exit
/// code.
void run_audit_subcommand(AuditCommandContext& context, const AuditOptions& options,
                          const std::function<Result<void>(const std::filesystem::path&)>& body);

/// Tells what became of a command.
void report_audit_outcome(AuditCommandContext& context, const Result<void>& outcome);

void add_audit_tail(CLI::App& audit, AuditCommandContext& context);
void add_audit_query(CLI::App& audit, AuditCommandContext& context);
void add_audit_verify(CLI::App& audit, AuditCommandContext& context);
void add_audit_prove(CLI::App& audit, AuditCommandContext& context);
void add_audit_check_proof(CLI::App& audit, AuditCommandContext& context);
void add_audit_export(CLI::App& audit, AuditCommandContext& context);
void add_audit_erase(CLI::App& audit, AuditCommandContext& context);

}  // namespace sallyport::daemon
