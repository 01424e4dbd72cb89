#include "agent/config_command.hpp"

#include "agent/candidate.hpp"
#include "agent/edited_file.hpp"
#include "agent/mapping_report.hpp"
#include "agent/mapping_verbs.hpp"
#include "agent/text_diff.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/terminal.hpp"
#include "daemon/admin_act.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/array.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>
#include <system_error>
#include <unistd.h>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds judge_patience{60};

std::vector<EditedFile> changed_files(const ConfigDocuments& before, const ConfigDocuments& after) {
    std::vector<EditedFile> files;
    for (const auto& [name, text] : after) {
        const auto old = std::ranges::find(before, name, [](const auto& one) { return one.first; });
        if (old == before.end())
            files.push_back({.path = name, .before = {}, .after = text, .is_new = true});
        else if (old->second != text)
            files.push_back({.path = name, .before = old->second, .after = text});
    }
    return files;
}

/// What a daemon said of the candidate; nothing if there was none to ask, and `note` says why.
struct CandidateJudgement {
    std::optional<json::object> said{};
    std::filesystem::path socket{};
    std::string note{};
};

bool is_other_file(const std::filesystem::path& running, const std::filesystem::path& here) {
    std::error_code failure;
    if (!running.is_absolute()) return false;
    return std::filesystem::weakly_canonical(running, failure) !=
           std::filesystem::weakly_canonical(std::filesystem::absolute(here), failure);
}

Result<CandidateJudgement> judge(const CommandContext& context, const EditOptions& options,
                                 const ConfigEdit& edit) {
    CandidateJudgement judgement;
    judgement.socket =
        options.socket.empty() ? edit.config().admin_socket : std::filesystem::path(options.socket);
    auto body = candidate_json(edit.documents());
    if (body.size() > http::SimpleService::body_bytes_max) {
        judgement.note =
            "the configuration is too large to be sent to the daemon, so it was "
            "checked here only";
        return judgement;
    }
    auto said = daemon::ask_daemon(judgement.socket, "POST", std::string(check_target),
                                   judge_patience, std::move(body));
    if (said) {
        const auto file = daemon::text_of(said->at("file"));
        if (is_other_file(file, context.config))
            return Error{Errc::conflict, "the daemon at " + judgement.socket.string() +
                                             " runs with " + file + ", not with " +
                                             context.config.string() +
                                             ": name the right --config or --socket"};
        judgement.said = std::move(*said);
        return judgement;
    }
    if (said.error().code != Errc::unavailable && said.error().code != Errc::denied)
        return Error{said.error().code,
                     "the daemon refuses it, nothing was changed:\n" + said.error().detail};
    judgement.note = "no daemon was asked, it was checked here only: " + said.error().detail;
    return judgement;
}

/// Whatever was written already is taken back.
void take_back(std::vector<EditedFile> written, const std::filesystem::path& model,
               std::string& trouble) {
    for (auto& file : written) {
        if (file.is_new) {
            const auto now = read_file(file.path);
            if (now && *now == file.after) ::unlink(file.path.c_str());
            continue;
        }
        std::swap(file.before, file.after);
        if (auto back = write_edited(file, model); !back)
            trouble.append("\n")
                .append(file.path.string())
                .append(" could not be restored: ")
                .append(to_text(back.error()));
    }
}

Result<void> write_all_files(const std::vector<EditedFile>& files,
                             const std::filesystem::path& model) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        auto done = write_edited(files[i], model);
        if (done) continue;
        std::string trouble;
        take_back({files.begin(), files.begin() + static_cast<std::ptrdiff_t>(i)}, model, trouble);
        return Error{done.error().code, to_text(done.error()) + trouble};
    }
    return {};
}

bool agrees(CommandContext& context, const std::string& shown) {
    context.out << for_terminal(shown);
    context.err << "Change this? [y/N] " << std::flush;
    std::string answer;
    std::getline(context.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

/// That an override says otherwise of the mapping that was changed.
std::string override_note(const CandidateJudgement& judgement, const std::string& about) {
    if (!judgement.said || about.empty()) return {};
    for (const auto& one : judgement.said->at("overrides").as_array()) {
        const auto& object = one.as_object();
        if (!object.contains("enabled") ||
            !equal_ignoring_case(daemon::text_of(object.at("virtual")), about))
            continue;
        return "note: an " + describe_override(object) +
               "      it wins over the file until `sallyport mappings clear " + about + "`\n";
    }
    return {};
}

/// Of the candidate, for people.
std::string describe_judgement(const CandidateJudgement& judgement) {
    std::string text;
    if (!judgement.note.empty()) text += "note: " + judgement.note + "\n";
    if (!judgement.said) return text;
    for (const auto& warning : judgement.said->at("warnings").as_array())
        text += "warning: " + daemon::text_of(warning) + "\n";
    return text;
}

}  // namespace

void add_edit_options(CLI::App& command, EditOptions& options) {
    command.add_flag("--dry-run", options.dry_run, "show what would change, and change nothing");
    command.add_flag("--yes,-y", options.yes, "do not ask");
    command.add_flag("--no-reload", options.no_reload, "only write; it is in force after a reload");
    command.add_option("--socket", options.socket, "admin socket of the daemon");
}

Result<ConfigEdit> open_files(const CommandContext& context) {
    auto documents = Config::read(context.config);
    if (!documents) return documents.error();
    auto edit = ConfigEdit::open(std::move(*documents));
    if (edit || edit.error().code != Errc::malformed) return edit;
    return Error{edit.error().code,
                 "the configuration is not valid already, mend it first:\n" + edit.error().detail};
}

Result<CommandOutput> put_into_files(CommandContext& context, const EditOptions& options,
                                     const ConfigDocuments& before, const ConfigEdit& edit,
                                     const std::string& about) {
    const auto files = changed_files(before, edit.documents());
    CommandOutput output;
    json::object facts{{"changed", !files.empty()}, {"written", false}, {"reloaded", false}};
    if (files.empty()) {
        output.text = "nothing to change: the files say so already\n";
        if (const auto judgement = judge(context, options, edit); judgement && !about.empty())
            output.text += override_note(*judgement, about);
        output.json = std::move(facts);
        return output;
    }
    if (context.json && !options.yes && !options.dry_run)
        return Error{Errc::malformed, "--json cannot ask: say --yes or --dry-run as well"};
    const auto judgement = judge(context, options, edit);
    if (!judgement) return judgement.error();
    std::string diff;
    json::array names;
    for (const auto& file : files) {
        diff += unified_diff(file.path.string(), file.before, file.after);
        names.emplace_back(file.path.string());
    }
    facts["files"] = std::move(names);
    facts["difference"] = diff;
    facts["checked_by"] = judgement->said ? "daemon" : "command";
    if (judgement->said) facts["changes"] = judgement->said->at("changes");
    const auto notes = describe_judgement(*judgement) + override_note(*judgement, about);
    if (options.dry_run) {
        output.text = diff + notes + "nothing was changed (--dry-run)\n";
        output.json = std::move(facts);
        return output;
    }
    if (options.yes)
        output.text = diff + notes;
    else if (!agrees(context, diff + notes))
        return Error{Errc::aborted, "nothing was changed"};
    if (auto written = write_all_files(files, context.config); !written) return written.error();
    facts["written"] = true;
    for (const auto& file : files) output.text += "written: " + file.path.string() + "\n";
    if (!options.no_reload && judgement->said) {
        auto reloaded = daemon::ask_daemon(judgement->socket, "POST", "/v1/reload");
        // Without a word from the daemon nobody knows what is in force: files stay, and are said.
        if (!reloaded && reloaded.error().code != Errc::failed)
            return Error{
                reloaded.error().code,
                "the files are written, but the daemon did not say whether it took them (" +
                    reloaded.error().detail +
                    "): see `sallyport status`, or `sallyport reload` again"};
        if (!reloaded) {
            std::string trouble;
            take_back(files, context.config, trouble);
            return Error{reloaded.error().code,
                         "the daemon could not take it, so the files are as "
                         "they were: " +
                             reloaded.error().detail + trouble};
        }
        facts["reloaded"] = true;
        if (const auto* record = reloaded->if_contains("record")) facts["record"] = *record;
        output.text += "reloaded\n" + daemon::describe_record(*reloaded);
    } else {
        output.text += "not in force yet: sallyport reload\n";
    }
    output.json = std::move(facts);
    return output;
}

}  // namespace sallyport::agent
