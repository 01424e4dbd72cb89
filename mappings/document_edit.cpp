#include "mappings/document_edit.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

bool ends_line(std::string_view text, std::size_t at) { return at == 0 || text[at - 1] == '\n'; }

/// What stands before the first letter of the line at `begin`.
std::string_view indentation(std::string_view text, std::size_t begin) {
    const auto end = std::min(text.find_first_not_of(" \t", begin), text.size());
    return text.substr(begin, end - begin);
}

/// Where the blank lines end that begin at `at`.
std::size_t behind_blank_lines(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) return at;
        at = std::min(end + 1, text.size());
    }
    return at;
}

/// In the text's manner of ending lines.
std::string with_line_ends_of(std::string_view text, std::string_view added) {
    const auto first = text.find('\n');
    const bool crlf = first != std::string_view::npos && first > 0 && text[first - 1] == '\r';
    std::string out;
    for (const char c : added) {
        if (c == '\r') continue;
        if (c == '\n' && crlf) out += '\r';
        out += c;
    }
    return out;
}

/// `block` as lines of their own at `at`, with a blank line before them.
Splice block_at(std::string_view text, std::size_t at, std::string_view block) {
    std::string added;
    if (!ends_line(text, at)) added += '\n';
    if (at > 0) added += '\n';
    added += block;
    if (!block.ends_with('\n')) added += '\n';
    return {{at, at}, std::move(added)};
}

}  // namespace

std::string spliced(std::string_view text, std::vector<Splice> splices) {
    std::ranges::stable_sort(splices, {}, [](const Splice& splice) { return splice.at.begin; });
    std::string out;
    std::size_t done = 0;
    for (const auto& splice : splices) {
        out += text.substr(done, splice.at.begin - done);
        out += with_line_ends_of(text, splice.text);
        done = splice.at.end;
    }
    out += text.substr(done);
    return out;
}

Splice set_key(std::string_view text, const TableText& table, std::string_view key,
               std::string_view value) {
    if (const auto* there = table.find(key)) return {there->value, std::string(value)};
    const auto at = table.own_end();
    const auto begin =
        table.assignments.empty() ? table.header.begin : table.assignments.back().line.begin;
    std::string added = ends_line(text, at) ? "" : "\n";
    added.append(indentation(text, begin)).append(key).append(" = ").append(value).append("\n");
    return {{at, at}, std::move(added)};
}

Splice remove_table(std::string_view text, const TableText& table) {
    return {
        {table.range.begin, std::min(behind_blank_lines(text, table.content_end), table.range.end)},
        {}};
}

Splice add_rules(std::string_view text, const TableText& mapping, std::string_view rules) {
    return block_at(text, mapping.content_end, rules);
}

Splice add_mappings(std::string_view text, std::string_view mappings) {
    return block_at(text, text.size(), mappings);
}

std::string toml_string(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out.append("\\u00");
            out += digits[byte >> 4];
            out += digits[byte & 0xf];
        } else {
            out += c;
        }
    }
    return out += '"';
}

}  // namespace sallyport::mappings
