#include "audit/folder_watch.hpp"
#include "audit/render.hpp"
#include "audit/tail.hpp"
#include "base/error.hpp"
#include "daemon/audit_subcommand.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

namespace sallyport::daemon {
namespace {

constexpr std::uint64_t tail_lines_default = 20;

struct TailOptions : AuditOptions {
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

}  // namespace

void add_audit_tail(CLI::App& audit, AuditCommandContext& context) {
    const auto options = std::make_shared<TailOptions>();
    auto* command = add_audit_subcommand(audit, "tail", "Print the newest records", *options);
    command->add_option("-n,--lines", options->lines, "How many")->capture_default_str();
    command->add_flag("-f,--follow", options->follow, "Go on with new records as they come");
    command->callback([options, &context] {
        run_audit_subcommand(context, *options, [&](const auto& folder) {
            return run_tail(*options, context, folder);
        });
    });
}

}  // namespace sallyport::daemon
