#include "audit/verify_generations.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/audit_subcommand.hpp"
#include "daemon/given_keys.hpp"
#include "daemon/verify_report.hpp"

#include <boost/json/serialize.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

namespace sallyport::daemon {
namespace {

struct VerifyCommand : AuditOptions {
    std::vector<std::string> vkeys;
    std::vector<std::string> checkpoints;
    std::vector<std::string> witnesses;
    std::optional<std::uint64_t> since;
    std::optional<std::uint64_t> until;
    bool this_log = false;

    bool whole() const { return !this_log && !since && !until; }
};

Result<audit::VerifyOptions> options_of(const VerifyCommand& command) {
    audit::VerifyOptions options{.since = command.since, .until = command.until};
    auto keys = given_keys(command.vkeys);
    if (!keys) return keys.error();
    options.keys = std::move(*keys);
    auto witnesses = given_keys(command.witnesses);
    if (!witnesses) return witnesses.error();
    for (const auto& key : *witnesses)
        if (key.type() != tlog::KeyType::cosignature)
            return Error{Errc::malformed,
                         key.to_text() +
                             " is not the key of a witness, which countersigns with "
                             "the time; the key of a log belongs to --vkey"};
    options.witnesses = std::move(*witnesses);
    for (const auto& path : command.checkpoints) {
        auto text = read_file(path);
        if (!text) return text.error();
        options.checkpoints.push_back(std::move(*text));
    }
    return options;
}

Result<audit::WholeReport> verify(const VerifyCommand& command, const audit::VerifyOptions& options,
                                  const std::filesystem::path& folder) {
    if (command.whole()) return audit::verify_whole(folder, options);
    auto report = audit::verify(folder, options);
    if (!report) return report.error();
    return audit::WholeReport{.log = std::move(*report)};
}

Result<void> run_verify(const VerifyCommand& command, AuditCommandContext& context,
                        const std::filesystem::path& folder) {
    const auto options = options_of(command);
    if (!options) return options.error();
    const auto report = verify(command, *options, folder);
    if (!report) return report.error();
    // A wrong folder must not look like a good log to whoever only reads the exit code.
    if (report->log.segments == 0)
        return Error{Errc::not_found, folder.string() + " holds no audit log"};
    if (command.json)
        context.out << boost::json::serialize(verify_json(*report)) << '\n';
    else
        print_verified(*report, context.out);
    if (!report->good()) context.exit_code = audit_exit_problems;
    return {};
}

}  // namespace

void add_audit_verify(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<VerifyCommand>();
    auto* command = add_audit_subcommand(audit, "verify",
                                         "Check every record and say what that proves", *options);
    command->add_option("--vkey", options->vkeys,
                        "A public key of the log that was kept elsewhere (several: repeat it)");
    command->add_option("--checkpoint", options->checkpoints,
                        "A file with a checkpoint that was kept elsewhere: the log must go on "
                        "from it");
    command->add_option("--witness-vkey", options->witnesses,
                        "The public key of a witness, which must have signed each --checkpoint "
                        "beside the log");
    command->add_flag("--this-log", options->this_log,
                      "Leave out the logs before it that were put aside (generation-NNNN)");
    command->add_option("--since-seq", options->since, "Only segments from this record on");
    command->add_option("--until-seq", options->until, "Only segments up to this record");
    command->callback([options, &context] {
        run_audit_subcommand(context, *options, [&](const auto& folder) {
            return run_verify(*options, context, folder);
        });
    });
}

}  // namespace sallyport::daemon
