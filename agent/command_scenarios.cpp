#include "agent/command_mappings.hpp"
#include "agent/config_command.hpp"
#include "agent/mapping_text.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "http/simple_service.hpp"

#include <boost/json/object.hpp>

#include <CLI/CLI.hpp>
#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::agent {
namespace {

constexpr std::size_t import_file_bytes_max = http::SimpleService::body_bytes_max;

struct ExportCommand {
    std::vector<std::string> names{};
    std::string scenario{};
};

Result<CommandOutput> export_mappings(const CommandContext& context, const ExportCommand& asked) {
    const auto edit = open_files(context);
    if (!edit) return edit.error();
    auto text = edit->exported(asked.names, asked.scenario);
    if (!text) return text.error();
    CommandOutput output;
    output.json = boost::json::object{{"toml", *text}};
    output.text = std::move(*text);
    return output;
}

struct ImportCommand {
    EditOptions options{};
    std::string source{};
    std::string to{};
    std::string scenario{};
    std::string file{};
};

Result<std::string> read_source(CommandContext& context, const std::string& source) {
    if (source != "-") return read_file(source, import_file_bytes_max);
    std::string text;
    char c = 0;
    while (text.size() <= import_file_bytes_max && context.in.get(c)) text += c;
    if (text.size() > import_file_bytes_max)
        return Error{Errc::limit,
                     "that is more than " + std::to_string(import_file_bytes_max) + " bytes"};
    return text;
}

Result<CommandOutput> import_mappings(CommandContext& context, const ImportCommand& asked) {
    if (asked.source == "-" && !asked.options.yes && !asked.options.dry_run)
        return Error{Errc::malformed,
                     "what comes from standard input leaves none to answer on: say --yes or "
                     "--dry-run as well"};
    const auto tables = read_source(context, asked.source);
    if (!tables) return tables.error();
    const auto document = document_of(context.config, asked.file);
    if (!document) return document.error();
    auto edit = open_files(context);
    if (!edit) return edit.error();
    const auto before = edit->documents();
    if (auto done = edit->import(*tables, asked.to, *document, asked.scenario); !done)
        return done.error();
    return put_into_files(context, asked.options, before, *edit);
}

}  // namespace

void add_scenario_commands(CLI::App& mappings, CommandContext& context) {
    auto& out = *mappings.add_subcommand(
        "export", "print mappings and their rules as they are written, e.g. for `import`");
    const auto exported = std::make_shared<ExportCommand>();
    out.add_option("virtual", exported->names, "only these mappings");
    out.add_option("--scenario", exported->scenario, "only rules of this scenario");
    on_run(out, context, [&context, exported] { return export_mappings(context, *exported); });

    auto& in = *mappings.add_subcommand(
        "import",
        "add the rules of a file to the mappings of the same names, and mappings that "
        "are not there yet");
    const auto imported = std::make_shared<ImportCommand>();
    in.add_option("source", imported->source, "a file as `export` prints it; - for standard input")
        ->required();
    in.add_option("--to", imported->to, "add all rules to this mapping, whatever theirs is called");
    in.add_option("--scenario", imported->scenario, "the set that the rules belong to here");
    in.add_option("--file", imported->file,
                  "file of mappings.d for new mappings; default: mappings.toml");
    add_edit_options(in, imported->options);
    on_run(in, context, [&context, imported] { return import_mappings(context, *imported); });
}

}  // namespace sallyport::agent
