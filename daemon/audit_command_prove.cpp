#include "audit/prove.hpp"
#include "audit/render.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/write_all.hpp"
#include "daemon/audit_subcommand.hpp"
#include "daemon/given_keys.hpp"
#include "tlog/record_proof.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

namespace sallyport::daemon {
namespace {

struct ProveOptions : AuditOptions {
    audit::Sequence sequence = 0;
    std::string out;
    bool disclose = false;
};

struct CheckOptions {
    std::string file;
    std::vector<std::string> keys;
    bool json = false;
};

/// Nothing that is there is written over.
Result<void> write_new(const std::string& path, std::string_view content) {
    constexpr mode_t mode = 0640;
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file && errno == EEXIST)
        return Error{Errc::conflict, path + " is there already; name a new file"};
    if (!file) return os_error("create " + path);
    auto written = write_all(file.get(), content, path);
    if (written && ::fsync(file.get()) != 0) written = os_error("write " + path);
    if (!written) ::unlink(path.c_str());
    return written;
}

std::string with_commas(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// So that nobody hands on a file that does not say what he believes.
std::string describe_disclosed(const audit::Proof& proof) {
    std::string text;
    if (proof.disclosed.empty() && proof.undisclosed.empty())
        text = "nothing to disclose: the record names nobody\n";
    if (!proof.disclosed.empty()) text = "disclosed: " + with_commas(proof.disclosed) + "\n";
    if (!proof.undisclosed.empty())
        text += "nothing to disclose of " + with_commas(proof.undisclosed) +
                ": it was erased, or is not in this copy of the log\n";
    return text;
}

Result<void> run_prove(const ProveOptions& options, AuditCommandContext& context,
                       const std::filesystem::path& folder) {
    const auto disclosing = options.disclose ? audit::Disclosing::yes : audit::Disclosing::no;
    const auto proof = audit::prove(folder, options.sequence, disclosing);
    if (!proof) return proof.error();
    if (options.out.empty()) {
        context.out << proof->text;
        if (options.disclose) context.err << describe_disclosed(*proof);
        return {};
    }
    if (auto written = write_new(options.out, proof->text); !written) return written;
    if (options.json) {
        boost::json::object said{{"file", options.out},
                                 {"seq", options.sequence},
                                 {"log", proof->origin},
                                 {"size", proof->size}};
        if (options.disclose) {
            said["disclosed"] = boost::json::value_from(proof->disclosed);
            said["undisclosed"] = boost::json::value_from(proof->undisclosed);
        }
        context.out << boost::json::serialize(said) << '\n';
        return {};
    }
    context.out << "record " << options.sequence << " of " << proof->size << " in log "
                << audit::printable(proof->origin) << ": " << options.out << '\n'
                << (options.disclose ? describe_disclosed(*proof) : "")
                << "check it with: " << context.program << " audit check-proof " << options.out
                << "\n          or: python3 check_proof.py " << options.out << '\n';
    return {};
}

boost::json::object to_json(const audit::ProvenRecord& proven) {
    boost::json::object disclosed;
    for (const auto& [field, value] : proven.disclosed) disclosed[field] = value;
    return {{"good", true},
            {"seq", proven.sequence},
            {"log", proven.origin},
            {"size", proven.size},
            {"signers", boost::json::array(proven.signers.begin(), proven.signers.end())},
            {"key_from_file", proven.key_from_file},
            {"record", proven.line},
            {"disclosed", std::move(disclosed)}};
}

void print_proven(const audit::ProvenRecord& proven, std::ostream& out) {
    out << audit::printable(std::string_view(proven.line).substr(0, proven.line.size() - 1))
        << '\n';
    for (const auto& [field, value] : proven.disclosed)
        out << audit::printable(field) << ": " << audit::printable(value) << '\n';
    out << "good: record " << proven.sequence << " of " << proven.size << " in log "
        << audit::printable(proven.origin) << '\n';
    for (const auto& key : proven.signers) out << "signed by " << audit::printable(key) << '\n';
    if (proven.key_from_file)
        out << "The key stands in the file itself: compare it with what you know of the log, or "
               "give that with --key.\n";
}

Result<void> run_check(const CheckOptions& options, AuditCommandContext& context) {
    const auto keys = given_keys(options.keys);
    if (!keys) return keys.error();
    const auto text = read_file(options.file, tlog::record_proof_bytes_max);
    if (!text) return text.error();
    const auto proven = audit::check_proof(*text, *keys);
    if (!proven && proven.error().code != Errc::untrusted) return proven.error();
    if (!proven) {
        context.exit_code = audit_exit_problems;
        if (options.json)
            context.out << boost::json::serialize(boost::json::object{
                               {"good", false}, {"problem", proven.error().detail}})
                        << '\n';
        else
            context.out << "NOT PROVED: " << audit::printable(proven.error().detail) << '\n';
        return {};
    }
    if (options.json)
        context.out << boost::json::serialize(to_json(*proven)) << '\n';
    else
        print_proven(*proven, context.out);
    return {};
}

}  // namespace

void add_audit_prove(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<ProveOptions>();
    auto* command = add_audit_subcommand(
        audit, "prove", "Take one record out of the log with all that proves it", *options);
    command->add_option("--seq", options->sequence, "Which record")->required();
    command->add_option("--out", options->out, "A new file for it (default: print it)");
    command->add_flag("--disclose", options->disclose,
                      "Also disclose the personal data of the record");
    command->callback([options, &context] {
        run_audit_subcommand(context, *options, [&](const auto& folder) {
            return run_prove(*options, context, folder);
        });
    });
}

void add_audit_check_proof(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<CheckOptions>();
    auto* command = audit.add_subcommand("check-proof", "Check what `prove` made, without the log");
    command->add_option("file", options->file, "The proof")->required();
    command->add_option("--key", options->keys,
                        "A key of the log or of a witness that you know from elsewhere; "
                        "may be repeated (default: the one in the file)");
    command->add_flag("--json", options->json, "Print JSON");
    command->callback(
        [options, &context] { report_audit_outcome(context, run_check(*options, context)); });
}

}  // namespace sallyport::daemon
