// Where in the text of a configuration its mappings and rules stand, so that one can be changed
// without touching what is written around it: a TOML library keeps neither comments nor order.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// Bytes of a text, by position.
struct TextRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
    bool operator==(const TextRange&) const = default;
};

/// `key = value` in a table, as it is written.
struct AssignmentText {
    std::string key;    // "limits.connections"; quoted parts without quotes, odd ones as "?"
    TextRange line{};   // all its lines, with the last line's end
    TextRange value{};  // without what stands around it; a comment behind it is not in it
};

/// One [[mapping]] or [[mapping.rule]].
struct TableText {
    /// From the comments that stand right above its header to where the next one's begin. Of a
    /// mapping: with its rules and other tables below it.
    TextRange range{};
    TextRange header{};           // the line of its header
    std::size_t content_end = 0;  // behind its last header or assignment, and comments right below
    std::vector<AssignmentText> assignments{};  // its own, not those of tables below it
    std::vector<AssignmentText> below{};        // of other tables below it, "limits.connections"
    std::vector<TableText> rules{};             // of a mapping
    bool odd = false;  // it, or another table below it but a rule, has a line that is neither
                       // assignment, comment nor blank
    bool inline_rules = false;  // `rule = [...]` or [mapping.rule]: none of `rules`

    const AssignmentText* find(std::string_view key) const;
    /// Where the text of the table itself ends, before tables below it, blank lines and comments
    /// that belong to them: behind its last assignment, or its header.
    std::size_t own_end() const;
};

/// The mappings of a document, in their order.
struct DocumentText {
    std::vector<TableText> mappings{};
    bool inline_mappings = false;  // `mapping = [...]`: none of `mappings`

    /// Reads lines and strings, and no more of TOML than that needs: whether a text is valid is
    /// the parser's to say. Never fails; of a broken text it finds what can be found.
    static DocumentText scan(std::string_view text);
};

/// What a string in a document says: "a", 'a'. Nothing for other values, and for escapes other than
/// \" and \\, which no name of a host, path or function needs.
std::optional<std::string> simple_string(std::string_view value);

}  // namespace sallyport::mappings
