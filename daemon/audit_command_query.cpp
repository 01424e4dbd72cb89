#include "audit/csv.hpp"
#include "audit/generation.hpp"
#include "audit/log_extent.hpp"
#include "audit/query.hpp"
#include "audit/render.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "daemon/audit_query.hpp"
#include "daemon/audit_subcommand.hpp"
#include "daemon/counted.hpp"
#include "daemon/moment.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::daemon {
namespace {

/// "7", "7..9", "7..", "..9".
Result<void> read_sequences(const std::string& text, audit::Filter& filter) {
    constexpr std::string_view dots = "..";
    const std::string_view whole = text;
    const auto at = whole.find(dots);
    const auto first = whole.substr(0, at);
    const auto last = at == whole.npos ? first : whole.substr(at + dots.size());
    const auto read = [](std::string_view number, std::optional<audit::Sequence>& into) {
        if (number.empty()) return true;
        const auto value = parse_decimal(number);
        if (value) into = *value;
        return value.has_value();
    };
    const bool good = !(first.empty() && last.empty()) && read(first, filter.from) &&
                      read(last, filter.to) &&
                      !(filter.from && filter.to && *filter.from > *filter.to);
    if (good) return {};
    return Error{Errc::malformed, "--seq " + text + ": say one number, or A..B, A.. or ..B"};
}

struct QueryOptions : AuditOptions {
    audit::Filter filter;
    std::string sequences;
    std::string location;
    bool in_location = false;
    std::string since;
    std::string until;
    std::string format = "table";
    bool has_format = false;
    bool all_generations = false;
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

/// What was asked for, once it makes sense.
Result<void> prepare(QueryOptions& options, AuditCommandContext& context) {
    auto& filter = options.filter;
    if (auto read = read_moment(options.since, context, filter.since); !read) return read;
    if (auto read = read_moment(options.until, context, filter.until); !read) return read;
    if (!options.sequences.empty())
        if (auto read = read_sequences(options.sequences, filter); !read) return read;
    if (options.in_location) filter.location = options.location;
    if (options.json && options.has_format && options.format != "json")
        return Error{Errc::malformed, "--json and --format " + options.format + ": say one"};
    if (options.json) options.format = "json";
    if (filter.tenant.empty() || !context.tenant_id) return {};
    filter.tenant = context.tenant_id(filter.tenant);
    return {};
}

void tell_damage(const audit::QuerySummary& summary, AuditCommandContext& context) {
    if (summary.damaged > 0)
        context.err << "audit: " << counted(summary.damaged, "compressed segment")
                    << " cannot be read to the end; the rest was left out; run: " << context.program
                    << " audit verify\n";
    if (summary.unreadable > 0)
        context.err << "audit: " << counted(summary.unreadable, "line")
                    << " left out, being no record; run: " << context.program << " audit verify\n";
}

/// An empty answer may mean that somebody looked in the wrong place.
Result<void> tell_nothing(const std::filesystem::path& folder, AuditCommandContext& context) {
    const auto extent = audit::log_extent(folder);
    if (!extent) return extent.error();
    if (!*extent) {
        context.err << "audit: there are no records in " << folder.string() << '\n';
        return {};
    }
    context.err << "audit: nothing found in " << counted((*extent)->records(), "record") << " from "
                << audit::to_rfc3339((*extent)->oldest.time) << " to "
                << audit::to_rfc3339((*extent)->newest.time) << " in " << folder.string() << '\n';
    return {};
}

void tell_generations(const std::vector<std::filesystem::path>& older,
                      AuditCommandContext& context) {
    if (older.empty()) return;
    context.err << "audit: not looked at: " << counted(older.size(), "older log")
                << ", put aside; the newest is " << older.back().string()
                << "; to read all say --all-generations, to read one --folder\n";
}

/// Prints what is found in one folder; gives how much.
Result<std::uint64_t> query_folder(const QueryOptions& options, AuditCommandContext& context,
                                   const std::filesystem::path& folder, std::uint64_t before) {
    std::uint64_t printed = 0;
    const auto summary = audit::query(folder, options.filter, [&](const audit::Finding& finding) {
        print_finding(options.format, context.out, finding);
        ++printed;
        return context.out.good() && (options.limit == 0 || before + printed < options.limit);
    });
    if (!summary) return summary.error();
    tell_damage(*summary, context);
    return printed;
}

Result<void> run_query(QueryOptions& options, AuditCommandContext& context,
                       const std::filesystem::path& folder) {
    if (auto prepared = prepare(options, context); !prepared) return prepared;
    const auto older = audit::generation_folders(folder);
    if (!older) return older.error();
    auto folders = options.all_generations ? *older : std::vector<std::filesystem::path>();
    folders.push_back(folder);

    const bool is_table = options.format == "table";
    if (is_table) context.out << audit::table_head();
    if (options.format == "csv") context.out << audit::csv_head();
    std::uint64_t printed = 0;
    for (const auto& each : folders) {
        if (options.limit > 0 && printed >= options.limit) break;
        if (is_table && folders.size() > 1) context.out << each.string() << ":\n";
        const auto found = query_folder(options, context, each, printed);
        if (!found) return found.error();
        printed += *found;
    }
    for (const auto& each : folders)
        if (printed == 0)
            if (auto told = tell_nothing(each, context); !told) return told;
    if (printed == 0 && !options.filter.tenant.empty() && !context.tenant_id)
        context.err << "audit: records name tenants by their ids, which the hub knows: "
                       "sallyport-hub tenant list\n";
    if (!options.all_generations && (is_table || printed == 0)) tell_generations(*older, context);
    return {};
}

}  // namespace

void add_audit_query(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<QueryOptions>();
    auto* command = add_audit_subcommand(audit, "query",
                                         "Print the exchanges and events that match all of "
                                         "the given patterns (* any text, ? one character)",
                                         *options);
    auto& filter = options->filter;
    command->add_option("--since", options->since, "RFC 3339, a day, or e.g. 15m, 6h, 7d ago");
    command->add_option("--until", options->until, "Likewise; before it");
    command->add_option("--user", filter.user, "The principal");
    command->add_option("--tenant", filter.tenant,
                        context.tenant_id ? "The tenant: its name or id"
                                          : "The tenant's id at the hub, as the records have it");
    command->add_option("--client", filter.client, "The cloud client");
    command->add_option("--virtual-host", filter.virtual_host,
                        "e.g. erp.virtual:44300; without a port, at all its ports");
    command->add_option("--path", filter.path, "e.g. /sap/opu/*");
    command->add_option("--method", filter.method, "e.g. POST");
    command->add_option("--rule", filter.rule, "The rule that allowed it, e.g. 2:*");
    command->add_option("--function", filter.function, "Calls of RFC, e.g. BAPI_*");
    command->add_option("--operation", filter.operation, "Operations of LDAP, e.g. modify");
    command
        ->add_option("--outcome", filter.outcome,
                     "answered, refused, failed, timed_out, aborted or lost; allowed, of LDAP")
        ->check(fault_of_outcome);
    command
        ->add_option("--decision", filter.decision,
                     "What was decided: of exchanges, calls and operations; refused also finds "
                     "refused tokens, clients, links, enrolments and commands")
        ->check(CLI::IsMember({"allowed", "refused"}));
    command->add_option("--seq", options->sequences,
                        "Sequences A..B, one may be left out; an exchange counts by its begin");
    command->add_option("--location", options->location, "The location; '' is the default one")
        ->expected(0, 1);  // "--location=" says the same
    command->add_option("--agent", filter.agent, "The agent, in what the hub records");
    command->add_option("--exchange", filter.exchange, "The exchange id");
    command
        ->add_option("--trace", filter.trace,
                     "The trace id (W3C Trace Context) that the client sent, 32 digits")
        ->check(fault_of_trace);
    command->add_option("--event", filter.event,
                        "Single records of these events, e.g. link.*; begins and ends are not "
                        "brought together then");
    command->add_flag("--all-generations", options->all_generations,
                      "Also logs that were put aside, generation-NNNN; each counts from 0");
    command->add_option("--limit", options->limit, "At most so many; 0 = all");
    command->add_option("--format", options->format, "How to print")
        ->check(CLI::IsMember({"table", "json", "csv"}))
        ->capture_default_str();
    command->callback([options, command, &context] {
        options->in_location = command->count("--location") > 0;
        options->has_format = command->count("--format") > 0;
        run_audit_subcommand(context, *options, [&](const auto& folder) {
            return run_query(*options, context, folder);
        });
    });
}

}  // namespace sallyport::daemon
