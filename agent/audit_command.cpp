#include "agent/audit_command.hpp"

#include "audit/folder_watch.hpp"
#include "audit/query.hpp"
#include "audit/render.hpp"
#include "audit/tail.hpp"
#include "audit/verify.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

namespace sallyport::agent {
namespace {

constexpr int exit_problems = 1;
constexpr int exit_error = 2;
constexpr std::uint64_t tail_lines_default = 20;
constexpr std::uint64_t ago_seconds_max = std::uint64_t{100} * 366 * 86'400;

struct Common {
    std::string folder;
    bool json = false;
};

Result<std::filesystem::path> folder_of(const Common& common, const AuditCommandContext& context) {
    if (!common.folder.empty()) return std::filesystem::path(common.folder);
    if (context.folder) return context.folder();
    return Error{Errc::malformed, "say where the audit log is: --folder DIR"};
}

/// Runs a command's body and turns its error into words and an exit code.
void run(AuditCommandContext& context, const Common& common,
         const std::function<Result<void>(const std::filesystem::path&)>& body) {
    const auto folder = folder_of(common, context);
    const auto outcome = folder ? body(*folder) : Result<void>(folder.error());
    context.out.flush();
    if (!outcome) {
        context.err << "audit: " << to_text(outcome.error()) << '\n';
        context.exit_code = exit_error;
        return;
    }
    // What did not arrive was not told: a full disk must not look like a good report.
    if (!context.out) context.exit_code = exit_error;
}

CLI::App* add_command(CLI::App& audit, const std::string& name, const std::string& what,
                      Common& common) {
    auto* command = audit.add_subcommand(name, what);
    command->add_option("--folder", common.folder,
                        "Folder of the audit log (default: what the configuration says)");
    command->add_flag("--json", common.json, "Print JSON");
    return command;
}

// tail

struct TailOptions : Common {
    std::uint64_t lines = tail_lines_default;
    bool follow = false;
};

void print_record(const TailOptions& options, std::ostream& out, std::string_view line) {
    if (options.json) {
        out << line;
        return;
    }
    const auto record = audit::parse_record(line);
    if (record)
        out << audit::record_row(*record);
    else
        out << "not a record: " << audit::printable(line) << '\n';
}

Result<void> follow(AuditCommandContext& context, audit::Tail& tail,
                    const std::function<void(std::string_view)>& print, audit::FolderWatch& watch) {
    while (true) {
        context.out.flush();
        if (!context.out) return {};  // the reader went away
        if (context.wait_for_more && !context.wait_for_more()) return {};
        if (!context.wait_for_more)
            if (auto changed = watch.wait(); !changed) return changed;
        if (auto done = tail.read(print); !done) return done;
    }
}

Result<void> run_tail(const TailOptions& options, AuditCommandContext& context,
                      const std::filesystem::path& folder) {
    auto watch = audit::FolderWatch::open(folder);  // before reading, so that nothing is missed
    if (!watch) return watch.error();
    auto tail = audit::Tail::open(folder, options.lines);
    if (!tail) return tail.error();
    const std::function<void(std::string_view)> print = [&](std::string_view line) {
        print_record(options, context.out, line);
    };
    if (!options.json) context.out << audit::table_head();
    if (auto done = tail->read(print); !done) return done;
    return options.follow ? follow(context, *tail, print, *watch) : Result<void>();
}

void add_tail(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<TailOptions>();
    auto* command = add_command(audit, "tail", "Print the newest records", *options);
    command->add_option("-n,--lines", options->lines, "How many")->capture_default_str();
    command->add_flag("-f,--follow", options->follow, "Go on with new records as they come");
    command->callback([options, &context] {
        run(context, *options,
            [&](const auto& folder) { return run_tail(*options, context, folder); });
    });
}

// query

struct QueryOptions : Common {
    audit::Filter filter;
    std::string since;
    std::string until;
    std::string format = "table";
    std::uint64_t limit = 0;
};

Result<void> read_moment(const std::string& text, AuditCommandContext& context,
                         std::optional<audit::WallTime>& moment) {
    if (text.empty()) return {};
    const auto parsed = parse_moment(text, context.clock->now().wall);
    if (!parsed) return parsed.error();
    moment = *parsed;
    return {};
}

void print_finding(const std::string& format, std::ostream& out, const audit::Finding& finding) {
    if (format == "table") out << audit::table_row(finding);
    if (format == "csv") out << audit::csv_row(finding);
    if (format != "json") return;
    for (const auto& line : finding.lines) out << line;
}

Result<void> run_query(QueryOptions& options, AuditCommandContext& context,
                       const std::filesystem::path& folder) {
    auto& filter = options.filter;
    if (auto read = read_moment(options.since, context, filter.since); !read) return read;
    if (auto read = read_moment(options.until, context, filter.until); !read) return read;
    const auto format = options.json ? std::string("json") : options.format;
    if (format == "table") context.out << audit::table_head();
    if (format == "csv") context.out << audit::csv_head();
    std::uint64_t printed = 0;
    const auto summary = audit::query(folder, filter, [&](const audit::Finding& finding) {
        print_finding(format, context.out, finding);
        ++printed;
        return context.out.good() && (options.limit == 0 || printed < options.limit);
    });
    if (!summary) return summary.error();
    if (summary->unreadable > 0)
        context.err << "audit: " << summary->unreadable
                    << " lines are not records and were left out; run: audit verify\n";
    return {};
}

void add_query(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<QueryOptions>();
    auto* command = add_command(audit, "query",
                                "Print the exchanges and events that match all of "
                                "the given patterns (* any text, ? one character)",
                                *options);
    auto& filter = options->filter;
    command->add_option("--since", options->since, "RFC 3339, a day, or e.g. 15m, 6h, 7d ago");
    command->add_option("--until", options->until, "Likewise; before it");
    command->add_option("--user", filter.user, "The principal");
    command->add_option("--tenant", filter.tenant, "The tenant at the hub");
    command->add_option("--client", filter.client, "The cloud client");
    command->add_option("--virtual-host", filter.virtual_host, "e.g. erp.virtual:*");
    command->add_option("--path", filter.path, "e.g. /sap/opu/*");
    command->add_option("--method", filter.method, "e.g. POST");
    command->add_option("--rule", filter.rule, "The rule that allowed it, e.g. 2:*");
    command->add_option("--outcome", filter.outcome,
                        "answered, refused, failed, timed_out, aborted or lost");
    command->add_option("--exchange", filter.exchange, "The exchange id");
    command->add_option("--event", filter.event,
                        "Single records of these events, e.g. link.*; begins and ends are not "
                        "brought together then");
    command->add_option("--limit", options->limit, "At most so many; 0 = all");
    command->add_option("--format", options->format, "How to print")
        ->check(CLI::IsMember({"table", "json", "csv"}))
        ->capture_default_str();
    command->callback([options, &context] {
        run(context, *options,
            [&](const auto& folder) { return run_query(*options, context, folder); });
    });
}

// verify

boost::json::object to_json(const audit::Report& report) {
    boost::json::array problems;
    for (const auto& problem : report.problems)
        problems.push_back(boost::json::object{
            {"file", problem.file}, {"line", problem.line}, {"problem", problem.text}});
    boost::json::array notes;
    for (const auto& note : report.notes) notes.emplace_back(note);
    boost::json::object json{{"good", report.good()},
                             {"segments", report.segments},
                             {"records", report.records},
                             {"last_digest", report.last_digest},
                             {"exchanges_open", report.exchanges_open},
                             {"problem_count", report.problem_count},
                             {"problems", std::move(problems)},
                             {"notes", std::move(notes)},
                             {"signed", false},
                             {"meaning", audit::what_is_proved(report)}};
    if (report.first) json["first_seq"] = *report.first;
    if (report.last) json["last_seq"] = *report.last;
    return json;
}

void print_report(const audit::Report& report, std::ostream& out) {
    for (const auto& problem : report.problems)
        out << problem.file << ':' << problem.line << ": " << audit::printable(problem.text)
            << '\n';
    if (report.problem_count > report.problems.size())
        out << "... and " << report.problem_count - report.problems.size() << " more\n";
    for (const auto& note : report.notes) out << "note: " << audit::printable(note) << '\n';
    out << report.records << " records in " << report.segments << " segments";
    if (report.first && report.last) out << ", seq " << *report.first << " to " << *report.last;
    out << ": " << (report.good() ? "good" : std::to_string(report.problem_count) + " problems")
        << '\n';
    if (!report.last_digest.empty())
        out << "SHA-256 of the last line: " << report.last_digest << '\n';
    out << audit::what_is_proved(report);
}

Result<void> run_verify(const Common& options, AuditCommandContext& context,
                        const std::filesystem::path& folder) {
    const auto report = audit::verify(folder);
    if (!report) return report.error();
    // A wrong folder must not look like a good log to whoever only reads the exit code.
    if (report->segments == 0)
        return Error{Errc::not_found, folder.string() + " holds no audit log"};
    if (options.json)
        context.out << boost::json::serialize(to_json(*report)) << '\n';
    else
        print_report(*report, context.out);
    if (!report->good()) context.exit_code = exit_problems;
    return {};
}

void add_verify(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<Common>();
    auto* command =
        add_command(audit, "verify", "Check every record and say what that proves", *options);
    command->callback([options, &context] {
        run(context, *options,
            [&](const auto& folder) { return run_verify(*options, context, folder); });
    });
}

}  // namespace

Result<audit::WallTime> parse_moment(std::string_view text, audit::WallTime now) {
    constexpr std::size_t day_length = 10;
    if (auto time = audit::parse_rfc3339(text)) return time;
    if (text.size() == day_length)
        if (auto day = audit::parse_rfc3339(std::string(text) + "T00:00:00Z")) return day;
    const Error wrong{Errc::malformed,
                      "\"" + std::string(text) +
                          "\" is no time: write 2025-03-01T12:00:00Z, 2025-03-01, or how long ago, "
                          "e.g. 90s, 15m, 6h or 7d"};
    if (text.empty()) return wrong;
    const auto unit = text.back();
    const auto count = parse_decimal(text.substr(0, text.size() - 1));
    const std::uint64_t seconds = unit == 's'   ? 1
                                  : unit == 'm' ? 60
                                  : unit == 'h' ? 3600
                                  : unit == 'd' ? 86'400
                                                : 0;
    if (!count || seconds == 0 || *count > ago_seconds_max / seconds) return wrong;
    return now - std::chrono::seconds(*count * seconds);
}

void add_audit_commands(CLI::App& parent, AuditCommandContext& context) {
    auto* audit = parent.add_subcommand("audit", "Read and check the audit log");
    audit->require_subcommand(1);
    add_tail(*audit, context);
    add_query(*audit, context);
    add_verify(*audit, context);
}

}  // namespace sallyport::agent
