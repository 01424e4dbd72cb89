// Changes to the text of a configuration: what is not changed stays as it is, to the byte.
#pragma once

#include "mappings/document_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// Text instead of what stands somewhere.
struct Splice {
    TextRange at{};
    std::string text{};
};

/// `text` with all of them; they must not overlap. Line ends in new text become those of `text`.
std::string spliced(std::string_view text, std::vector<Splice> splices);

/// `key = value` in a table; `value` is TOML. Where the key stands already, its value is replaced,
/// and a comment behind it stays.
Splice set_key(std::string_view text, const TableText& table, std::string_view key,
               std::string_view value);

/// Takes a table away, with the comments that stand right above and below it, and the blank lines
/// behind.
Splice remove_table(std::string_view text, const TableText& table);

/// Adds tables at the end of a mapping: `rules` begins with [[mapping.rule]].
Splice add_rules(std::string_view text, const TableText& mapping, std::string_view rules);

/// Adds mappings at the end of a document.
Splice add_mappings(std::string_view text, std::string_view mappings);

/// As a TOML string with its quotes; control characters become escapes.
std::string toml_string(std::string_view text);

}  // namespace sallyport::mappings
