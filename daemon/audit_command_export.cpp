#include "audit/export_verdict.hpp"
#include "audit/exporting.hpp"
#include "audit/render.hpp"
#include "base/error.hpp"
#include "daemon/audit_subcommand.hpp"
#include "daemon/moment.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

struct ExportOptions : AuditOptions {
    std::string format = "csv";
    std::string out;
    std::string since;
    std::string until;
    bool without_personal = false;
};

/// One line on a terminal that is written over; nothing anywhere else.
class ProgressLine {
public:
    explicit ProgressLine(std::ostream& err) : err_(err), shown_(::isatty(STDERR_FILENO) == 1) {}

    void tell(std::uint64_t read, std::uint64_t all) {
        constexpr std::uint64_t whole = 100;
        const auto percent = all == 0 ? whole : std::min(whole, read * whole / all);
        if (!shown_ || percent == percent_) return;
        percent_ = percent;
        err_ << '\r' << percent << " %" << std::flush;
    }
    void end() {
        if (shown_) err_ << "\r     \r" << std::flush;
    }

private:
    std::ostream& err_;
    bool shown_;
    std::uint64_t percent_ = ~std::uint64_t{0};
};

Result<std::optional<audit::WallTime>> moment(const std::string& text,
                                              AuditCommandContext& context) {
    if (text.empty()) return std::optional<audit::WallTime>();
    const auto parsed = parse_moment(text, context.clock->now().wall);
    if (!parsed) return parsed.error();
    return std::optional(*parsed);
}

void print_verdict(const audit::ExportReport& report, AuditCommandContext& context) {
    const auto& verified = report.verified;
    const auto unsigned_tail = audit::describe_unsigned(report);
    if (verified.good() && verified.first && verified.last)
        context.out << "verified: records " << *verified.first << " to " << *verified.last
                    << (unsigned_tail.empty() ? " are as they were recorded" : " fit each other")
                    << "; signed up to size " << verified.seal.size << '\n';
    if (!unsigned_tail.empty())
        context.err << "audit: " << unsigned_tail << ", so that only the chain speaks for them\n";
    if (verified.good()) return;
    const auto& first = verified.problems.front();
    context.err << "audit: NOT VERIFIED, " << verified.problem_count
                << " problems: what was exported is not shown to be what was recorded. The first: "
                << first.file << ':' << first.line << ": " << first.verdict << ": "
                << audit::printable(first.text) << "; run: " << context.program
                << " audit verify\n";
}

void print_report(const ExportOptions& options, const audit::ExportReport& report,
                  AuditCommandContext& context) {
    if (options.json) {
        context.out << boost::json::serialize(
                           boost::json::object{{"out", options.out},
                                               {"format", options.format},
                                               {"exported", report.exported},
                                               {"files", report.files},
                                               {"unreadable", report.unreadable},
                                               {"damaged", report.damaged},
                                               {"log", report.origin},
                                               {"size", report.size},
                                               {"verified", audit::verdict_json(report)}})
                    << '\n';
        return;
    }
    context.out << report.exported << (options.format == "csv" ? " rows" : " records") << " in "
                << options.out << "; manifest.json lists the files with their SHA-256\n";
    if (report.unreadable > 0 || report.damaged > 0)
        context.err << "audit: " << report.unreadable
                    << " lines that are no records and the rest of " << report.damaged
                    << " damaged segments were left out; run: " << context.program
                    << " audit verify\n";
    print_verdict(report, context);
}

Result<void> run_export(const ExportOptions& options, AuditCommandContext& context,
                        const std::filesystem::path& folder) {
    const auto since = moment(options.since, context);
    if (!since) return since.error();
    const auto until = moment(options.until, context);
    if (!until) return until.error();
    ProgressLine line(context.err);
    const auto report =
        audit::export_log({.log = folder,
                           .out = options.out,
                           .format = *audit::export_format(options.format),
                           .since = *since,
                           .until = *until,
                           .personal = !options.without_personal},
                          [&](std::uint64_t read, std::uint64_t all) { line.tell(read, all); });
    line.end();
    if (!report) return report.error();
    print_report(options, *report, context);
    if (!report->verified.good()) context.exit_code = audit_exit_problems;
    return {};
}

}  // namespace

void add_audit_export(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<ExportOptions>();
    auto* command = add_audit_subcommand(
        audit, "export", "Write the log into a new folder, for other programs to read", *options);
    command->add_option("--format", options->format, "In which form")
        ->check(CLI::IsMember({"csv", "json", "ecs", "tlog-tiles"}))
        ->capture_default_str();
    command->add_option("--out", options->out, "The folder, which is made")->required();
    command->add_option("--since", options->since, "RFC 3339, a day, or e.g. 15m, 6h, 7d ago");
    command->add_option("--until", options->until, "Likewise; before it");
    command->add_flag("--without-personal", options->without_personal,
                      "Leave out users' names and the like");
    command->callback([options, &context] {
        run_audit_subcommand(context, *options, [&](const auto& folder) {
            return run_export(*options, context, folder);
        });
    });
}

}  // namespace sallyport::daemon
