// As much of TOML as it takes to find keys and values in a text that may be broken.
#pragma once

#include "mappings/document_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// Goes over a text from its front, line by line where nothing is open. Never fails: whether the
/// text is valid is the parser's to say.
class TomlScanner {
public:
    /// A line that begins with `ends_value` belongs to no value, although a bracket is open.
    TomlScanner(std::string_view text, std::string_view ends_value)
        : text_(text), ends_value_(ends_value) {}

    bool at_end() const { return at_ >= text_.size(); }
    std::size_t position() const { return at_; }
    /// '\n' at the end.
    char peek() const { return at_end() ? '\n' : text_[at_]; }
    bool starts(std::string_view mark) const { return text_.substr(at_).starts_with(mark); }
    void skip(std::size_t count);
    void skip_blanks();
    /// Behind the end of the line.
    void skip_line();
    /// "a.b" of `a . "b"`; empty if here is no key.
    std::string key();
    /// Behind a value that begins here: to the end of its line, or of the line in which the last
    /// bracket closes. Comments are skipped over.
    TextRange value();

private:
    void skip_string();
    std::string key_part();
    bool is_before_end_of_value() const;

    std::string_view text_;
    std::string_view ends_value_;
    std::size_t at_ = 0;
};

}  // namespace sallyport::mappings
