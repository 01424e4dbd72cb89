#include "mappings/toml_scanner.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Of a key without quotes.
bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

}  // namespace

void TomlScanner::skip(std::size_t count) { at_ = std::min(at_ + count, text_.size()); }

void TomlScanner::skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
}

void TomlScanner::skip_line() {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
}

/// Behind a string that begins here; behind the line if a string of one line does not end.
void TomlScanner::skip_string() {
    const char quote = text_[at_];
    const std::string triple(3, quote);
    const bool many_lines = starts(triple);
    skip(many_lines ? 3 : 1);
    while (!at_end()) {
        if (quote == '"' && text_[at_] == '\\') {
            skip(2);
        } else if (many_lines && starts(triple)) {
            skip(3);
            for (int extra = 0; extra < 2 && peek() == quote && !at_end(); ++extra) skip(1);
            return;
        } else if (!many_lines && (text_[at_] == quote || text_[at_] == '\n')) {
            if (text_[at_] == quote) skip(1);
            return;
        } else {
            skip(1);
        }
    }
}

/// One part of a key, bare or quoted; empty if there is none.
std::string TomlScanner::key_part() {
    const auto begin = at_;
    if (peek() == '"' || peek() == '\'') {
        skip_string();
        const auto raw = text_.substr(begin, at_ - begin);
        if (raw.size() < 2) return {};
        const auto inner = raw.substr(1, raw.size() - 2);
        // No name of ours: it must not look like one.
        return inner.find_first_of(".\\\"'") == inner.npos ? std::string(inner) : "?";
    }
    while (!at_end() && is_bare(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
}

std::string TomlScanner::key() {
    std::string all;
    while (true) {
        skip_blanks();
        const auto part = key_part();
        if (part.empty()) return {};
        all.append(all.empty() ? "" : ".").append(part);
        skip_blanks();
        if (peek() != '.') return all;
        skip(1);
    }
}

TextRange TomlScanner::value() {
    TextRange range{at_, at_};
    int open = 0;
    while (!at_end()) {
        const char c = text_[at_];
        if (c == '"' || c == '\'') {
            skip_string();
            range.end = at_;
        } else if (c == '#') {
            const auto end = text_.find('\n', at_);
            at_ = end == std::string_view::npos ? text_.size() : end;
        } else if (c == '\n') {
            if (open <= 0 || is_before_end_of_value()) return range;
            skip(1);
        } else {
            if (c == '[' || c == '{') ++open;
            if (c == ']' || c == '}') --open;
            skip(1);
            if (!is_blank(c) && c != '\r') range.end = at_;
        }
    }
    return range;
}

/// A bracket was not closed.
bool TomlScanner::is_before_end_of_value() const {
    const auto next = text_.find_first_not_of(" \t\r\n", at_);
    return next != std::string_view::npos && text_.substr(next).starts_with(ends_value_);
}

}  // namespace sallyport::mappings
