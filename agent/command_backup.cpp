// `sallyport backup`, `backup verify` and `restore` (docs/BACKUP.md).
#include "agent/backup.hpp"
#include "agent/backup_check.hpp"
#include "agent/backup_note.hpp"
#include "agent/command_context.hpp"
#include "agent/config.hpp"
#include "agent/restore.hpp"
#include "audit/log.hpp"
#include "backup/passphrase.hpp"
#include "base/error.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/counted.hpp"
#include "daemon/own_act.hpp"
#include "daemon/verify_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr std::uint64_t progress_step_bytes = std::uint64_t{64} * 1024 * 1024;

struct BackupOptions {
    std::string passphrase_file;
    std::string out;
    bool force = false;
};

struct RestoreOptions {
    std::string file;
    std::string passphrase_file;
    std::string token_file;
    bool keep_config = false;
    bool force = false;
};

json::array to_array(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

/// Without a daemon the command opens the log itself; one that is being opened waits for us.
Result<json::object> note_without_daemon(const Config& config, const std::string& file,
                                         const std::string& what) {
    auto log = audit::Log::open(daemon::audit_settings(config.audit, config.audit_folder(),
                                                       config.digest, "sallyport backup"));
    if (!log) return log.error();
    const auto recorded = daemon::record_own_act(**log, "backup.created", file, what);
    if (!recorded) return recorded.error();
    return json::object{{"record", json::object{{"recorded", recorded->recorded},
                                                {"sealed", recorded->sealed},
                                                {"witnessed", recorded->witnessed},
                                                {"witness_configured", false}}}};
}

/// The backup is there, whatever comes of this.
json::object note(const Config& config, const std::string& file, const BackupReport& report) {
    constexpr std::chrono::seconds patience{60};
    const json::object said{
        {"file", file}, {"sha256", report.written.sha256}, {"records", report.records}};
    auto answer =
        daemon::ask_daemon(config.admin_socket, "POST", std::string(backup_created_target),
                           patience, json::serialize(said));
    if (!answer && answer.error().code == Errc::unavailable)
        answer = note_without_daemon(config, file,
                                     describe_backup(report.written.sha256, report.records));
    if (answer) return *answer;
    return {{"record", json::object{{"recorded", false}, {"failure", to_text(answer.error())}}}};
}

Result<CommandOutput> make(CommandContext& context, const BackupOptions& options) {
    const auto config = Config::load(context.config);
    if (!config) return config.error();
    const auto passphrase = backup::read_passphrase(options.passphrase_file);
    if (!passphrase) return passphrase.error();
    backup::Writer::Settings settings{.file = options.out,
                                      .existing = options.force ? backup::Writer::Existing::replace
                                                                : backup::Writer::Existing::refuse};
    std::uint64_t told = 0;
    if (!context.json && ::isatty(STDERR_FILENO) == 1)
        settings.progress = [&](std::uint64_t bytes) {
            if (bytes < told + progress_step_bytes) return;
            told = bytes;
            context.err << "\r" << bytes / (1024 * 1024) << " MiB" << std::flush;
        };
    const auto report = make_backup(*config, std::move(settings), *passphrase);
    if (told > 0) context.err << "\r";
    if (!report) return report.error();
    const auto noted = note(*config, options.out, *report);

    std::string text = options.out + ": " + daemon::counted(report->written.files, "file") + ", " +
                       daemon::counted(report->records, "record") + " of the audit log, " +
                       std::to_string(report->written.bytes) + " bytes\nSHA-256 " +
                       report->written.sha256 + "\nconfiguration:";
    for (const auto& name : report->configuration) text.append(" ").append(name);
    text += "\nstate:";
    for (const auto& name : report->state) text.append(" ").append(name);
    text += report->origin.empty() ? "\n" : " audit\n";
    for (const auto& path : report->left_out)
        text.append("not in it, because it is elsewhere: ").append(path).append("\n");
    text += daemon::describe_record(noted);
    json::object facts{{"file", options.out},
                       {"sha256", report->written.sha256},
                       {"bytes", report->written.bytes},
                       {"files", report->written.files},
                       {"origin", report->origin},
                       {"records", report->records},
                       {"configuration", to_array(report->configuration)},
                       {"state", to_array(report->state)},
                       {"left_out", to_array(report->left_out)}};
    if (const auto* record = noted.if_contains("record")) facts["record"] = *record;
    return CommandOutput{std::move(facts), std::move(text)};
}

Result<CommandOutput> check(const RestoreOptions& options) {
    const auto passphrase = backup::read_passphrase(options.passphrase_file);
    if (!passphrase) return passphrase.error();
    std::error_code failure;
    const auto work = std::filesystem::temp_directory_path(failure);
    const auto found = check_backup(options.file, *passphrase, failure ? "/tmp" : work);
    if (!found) return found.error();
    const bool good = !found->log || found->log->good();
    std::ostringstream text;
    text << options.file << ": " << found->about.text() << "\n"
         << daemon::counted(found->files, "file") << ", " << found->content_bytes
         << " bytes, all digests are right\n";
    json::object facts{{"file", options.file},          {"good", good},
                       {"agent", found->about.agent},   {"host", found->about.host},
                       {"made", found->about.made},     {"files", found->files},
                       {"bytes", found->content_bytes}, {"log", nullptr}};
    if (found->log) {
        facts["log"] = daemon::verify_json(*found->log);
        text << "\naudit log:\n";
        daemon::print_verified(*found->log, text);
    } else {
        text << "no audit log is in it\n";
    }
    return CommandOutput{std::move(facts), text.str(), good ? 0 : 1};
}

Result<CommandOutput> bring_back(CommandContext& context, const RestoreOptions& options) {
    const auto passphrase = backup::read_passphrase(options.passphrase_file);
    if (!passphrase) return passphrase.error();
    ::umask(S_IWGRP | S_IRWXO);  // of the folders that are made
    const RestoreOrder order{
        .backup = options.file,
        .config_file = context.config,
        .configuration = options.keep_config ? RestoreOrder::Configuration::as_it_is
                                             : RestoreOrder::Configuration::from_backup,
        .existing =
            options.force ? RestoreOrder::Existing::put_aside : RestoreOrder::Existing::refuse,
        .token = [&] { return read_join_token(context.in, options.token_file); }};
    const auto report = restore(order, *passphrase);
    if (!report) return report.error();
    const auto& before = report->before;
    std::string text = "restored into " + report->state_dir +
                       (report->resumed ? " (an interrupted restore was finished)" : "") + "\n";
    if (!report->name.empty())
        text += "enrolled as " + report->name + ", certificate " + report->serial + "\n";
    if (!before.name.empty())
        text += "the audit log " + before.origin + " with " +
                daemon::counted(before.size, "record") + " is now " + before.name +
                "; the log that follows it is " + report->origin + "\n";
    if (!report->log_good)
        text += "THE AUDIT LOG IN THE BACKUP IS NOT AS IT WAS SIGNED: run sallyport audit verify\n";
    for (const auto& path : report->put_aside)
        text.append("what was there before is now ").append(path).append("\n");
    text += "start the agent with `systemctl start sallyport`\n";
    json::object facts{{"name", report->name},
                       {"serial", report->serial},
                       {"state_dir", report->state_dir},
                       {"resumed", report->resumed},
                       {"log_good", report->log_good},
                       {"origin", report->origin},
                       {"previous", json::object{{"generation", before.name},
                                                 {"origin", before.origin},
                                                 {"size", before.size},
                                                 {"root", before.root}}},
                       {"put_aside", to_array(report->put_aside)}};
    return CommandOutput{std::move(facts), std::move(text)};
}

CLI::Option* add_passphrase(CLI::App& command, std::string& file) {
    return command.add_option("--passphrase-file", file,
                              "file with the passphrase, which nobody else may read");
}

}  // namespace

void add_backup_commands(CLI::App& app, CommandContext& context) {
    auto* backup = app.add_subcommand(
        "backup", "write configuration, principal CA and audit log into an encrypted file");
    const auto making = std::make_shared<BackupOptions>();
    add_passphrase(*backup, making->passphrase_file);
    backup->add_option("-o,--out", making->out, "the file");
    backup->add_flag("--force", making->force, "replace it if it is there");
    backup->add_flag("--json", context.json, "print facts for programs");
    backup->require_subcommand(0, 1);

    const auto checking = std::make_shared<RestoreOptions>();
    auto* verify = backup->add_subcommand(
        "verify", "read a backup to its end: its digests, and the audit log in it");
    verify->add_option("file", checking->file, "the backup")->required();
    add_passphrase(*verify, checking->passphrase_file)->required();
    on_run(*verify, context, [checking]() -> Result<CommandOutput> { return check(*checking); });
    backup->callback([&context, verify, making] {
        if (verify->parsed()) return;
        if (making->out.empty() || making->passphrase_file.empty())
            throw CLI::RequiredError("--passphrase-file FILE and -o FILE");
        tell(context, make(context, *making));
    });

    const auto restoring = std::make_shared<RestoreOptions>();
    auto* command = app.add_subcommand(
        "restore", "bring the agent back from a backup, with a reissue token of the hub");
    command->add_option("file", restoring->file, "the backup")->required();
    add_passphrase(*command, restoring->passphrase_file)->required();
    command
        ->add_option("--token-file", restoring->token_file,
                     "file with the token of sallyport-hub agent reissue, or - for standard input")
        ->required();
    command->add_flag("--keep-config", restoring->keep_config,
                      "go on with the configuration that is there");
    command->add_flag("--force", restoring->force, "put aside what is there; nothing is deleted");
    on_run(*command, context, [&context, restoring] { return bring_back(context, *restoring); });
}

}  // namespace sallyport::agent
