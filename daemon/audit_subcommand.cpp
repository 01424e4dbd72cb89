#include "daemon/audit_subcommand.hpp"

#include "base/error.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace sallyport::daemon {
namespace {

Result<std::filesystem::path> folder_of(const AuditOptions& options,
                                        const AuditCommandContext& context) {
    if (!options.folder.empty()) return std::filesystem::path(options.folder);
    if (context.folder) return context.folder();
    return Error{Errc::malformed, "say where the audit log is: --folder DIR"};
}

bool is_missing(const std::filesystem::path& folder) {
    std::error_code failure;
    return !std::filesystem::exists(folder, failure) && !failure;
}

Error no_log(const AuditOptions& options, const AuditCommandContext& context,
             const std::filesystem::path& folder) {
    if (!options.folder.empty()) return {Errc::not_found, "there is no folder " + folder.string()};
    return {Errc::not_found, "there is no log in " + folder.string() + " yet: it begins when " +
                                 context.program + " first runs"};
}

}  // namespace

/// Runs a command's body and turns its error into words and an exit code.
void run_audit_subcommand(AuditCommandContext& context, const AuditOptions& options,
                          const std::function<Result<void>(const std::filesystem::path&)>& body) {
    const auto folder = folder_of(options, context);
    if (!folder) return report_audit_outcome(context, folder.error());
    report_audit_outcome(context,
                         is_missing(*folder) ? no_log(options, context, *folder) : body(*folder));
}

void report_audit_outcome(AuditCommandContext& context, const Result<void>& outcome) {
    context.out.flush();
    if (!outcome) {
        context.err << "audit: " << to_text(outcome.error()) << '\n';
        context.exit_code = audit_exit_error;
        return;
    }
    // What did not arrive was not told: a full disk must not look like a good report.
    if (!context.out) context.exit_code = audit_exit_error;
}

CLI::App* add_audit_subcommand(CLI::App& audit, const std::string& name, const std::string& what,
                               AuditOptions& options) {
    auto* command = audit.add_subcommand(name, what);
    command->add_option("--folder", options.folder,
                        "Folder of the audit log (default: what the configuration says)");
    command->add_flag("--json", options.json, "Print JSON");
    return command;
}

}  // namespace sallyport::daemon
