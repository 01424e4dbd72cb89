// Of every text that the TOML parser takes, the line scanner finds the mappings that the parser
// finds; and a key that is set in one of them is set there, and nowhere else.
#include "base/config_reader.hpp"
#include "mappings/document_edit.hpp"
#include "mappings/document_text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace sallyport;

void check(bool holds) {
    if (!holds) std::abort();
}

/// `virtual` and `fuzzed` of each mapping; nothing if the text is no TOML, or not of our shape.
bool read(const std::string& text, std::vector<std::pair<std::string, bool>>& all) {
    ConfigProblems problems;
    auto document = read_config(text, "t", problems);
    if (!problems.empty()) return false;
    for (auto& table : document.tables("mapping"))
        all.emplace_back(table.is_text("virtual") ? table.text("virtual") : "",
                         table.boolean("fuzzed", false));
    return problems.empty();
}

void check_ranges(const std::string& text, const mappings::DocumentText& scan) {
    std::size_t at = 0;
    for (const auto& table : scan.mappings) {
        check(at <= table.range.begin && table.range.begin <= table.header.begin);
        check(table.header.end <= table.content_end && table.content_end <= table.range.end);
        check(table.range.end <= text.size() && table.own_end() <= table.range.end);
        at = table.range.end;
        for (const auto& rule : table.rules) {
            check(table.range.begin <= rule.range.begin && rule.range.end <= table.range.end);
            check(rule.content_end <= rule.range.end);
            mappings::spliced(text, {mappings::remove_table(text, rule)});
        }
        mappings::spliced(text, {mappings::remove_table(text, table)});
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto scan = mappings::DocumentText::scan(text);
    check_ranges(text, scan);
    std::vector<std::pair<std::string, bool>> before;
    // Keys with escapes are read as they are written: an edit that misses one is refused later.
    if (!read(text, before) || scan.inline_mappings || text.find('\\') != std::string::npos)
        return 0;
    check(scan.mappings.size() == before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto& table = scan.mappings[i];
        const auto* called = table.find("virtual");
        const auto name =
            called == nullptr ? std::nullopt : mappings::simple_string(called->value.of(text));
        if (name) check(*name == before[i].first);
        auto wanted = before;
        wanted[i].second = true;
        std::vector<std::pair<std::string, bool>> after;
        const auto changed =
            mappings::spliced(text, {mappings::set_key(text, table, "fuzzed", "true")});
        if (read(changed, after)) check(after == wanted);
    }
    return 0;
}
