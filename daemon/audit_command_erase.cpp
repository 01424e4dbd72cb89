#include "base/error.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/audit_erase.hpp"
#include "daemon/audit_subcommand.hpp"
#include "daemon/moment.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

namespace sallyport::daemon {
namespace {

/// All files are read and some are written again while the caller waits.
constexpr std::chrono::minutes erase_patience(30);

struct EraseOptions {
    audit::ErasureOrder order;
    std::string until;
    std::string socket;
    bool json = false;
};

Result<void> run_erase(const EraseOptions& options, AuditCommandContext& context) {
    auto order = options.order;
    if (!options.until.empty()) {
        const auto until = parse_moment(options.until, context.clock->now().wall);
        if (!until) return until.error();
        order.until = *until;
    }
    auto socket = options.socket.empty() && context.socket
                      ? context.socket()
                      : Result<std::filesystem::path>(options.socket);
    if (!socket) return socket.error();
    const auto erased = ask_daemon(*socket, "POST", std::string(erase_target), erase_patience,
                                   boost::json::serialize(to_json(order)));
    if (!erased) return erased.error();
    if (options.json)
        context.out << boost::json::serialize(*erased) << '\n';
    else
        context.out << describe_erasure(*erased, order);
    return {};
}

}  // namespace

void add_audit_erase(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<EraseOptions>();
    auto* command = audit.add_subcommand(
        "erase", "Erase what the log discloses of somebody; the running daemon does it");
    command->add_option("--subject", options->order.subject, "The whole value, as query shows it")
        ->required();
    command->add_flag("--pattern", options->order.pattern,
                      "The subject is a pattern: * stands for any text, ? for one byte");
    command->add_option("--until", options->until, "Only what was recorded before it");
    command->add_option("--reason", options->order.reason, "Comes into the log; without the name");
    command->add_flag("--dry-run", options->order.dry_run, "Only count");
    command->add_option("--socket", options->socket, "admin socket of the daemon");
    command->add_flag("--json", options->json, "Print JSON");
    // The salt of the receipt stands nowhere else: whether it was printed must be told.
    command->callback([options, &context] {
        const auto erased = run_erase(*options, context);
        report_audit_outcome(context, erased);
        // As for every command that the daemon carries out.
        if (!erased && erased.error().code != Errc::malformed)
            context.exit_code = audit_exit_not_done;
    });
}

}  // namespace sallyport::daemon
