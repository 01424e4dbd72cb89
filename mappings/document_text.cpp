#include "mappings/document_text.hpp"

#include "mappings/toml_scanner.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

/// Puts what is found where it belongs.
class DocumentScan {
public:
    explicit DocumentScan(std::string_view text) : text_(text), scanner_(text, "[[mapping") {}

    DocumentText take() {
        while (!scanner_.at_end()) line();
        end_rule(text_.size());
        end_mapping(text_.size());
        return std::move(document_);
    }

private:
    void line() {
        const auto begin = scanner_.position();
        scanner_.skip_blanks();
        const char first = scanner_.peek();
        if (first == '#') {
            if (!has_comment_) comment_ = begin;
            has_comment_ = true;
            scanner_.skip_line();
            if (is_below_content_) below_ = scanner_.position();
            return;
        }
        is_below_content_ = false;
        if (first == '[') {
            header(begin);
        } else if (first != '\n' && first != '\r') {
            assignment(begin);
        } else {
            scanner_.skip_line();
        }
        has_comment_ = false;
    }

    void header(std::size_t begin) {
        const bool is_array = scanner_.starts("[[");
        scanner_.skip(is_array ? 2 : 1);
        const auto name = scanner_.key();
        scanner_.skip_line();
        const TextRange line{begin, scanner_.position()};
        const auto top = has_comment_ ? comment_ : begin;
        const bool below = name.starts_with("mapping.");
        if (is_array && name == "mapping") {
            end_rule(top);
            end_mapping(top);
            mapping_ = TableText{.range = {top, top}, .header = line};
            current_ = Current::mapping;
        } else if (mapping_ && is_array && name == "mapping.rule") {
            end_rule(top);
            rule_ = TableText{.range = {top, top}, .header = line};
            current_ = Current::rule;
        } else if (mapping_ && below) {
            end_rule(top);
            if (name == "mapping.rule" || name.starts_with("mapping.rule."))
                mapping_->inline_rules = true;
            table_ = name.substr(std::string_view("mapping.").size()) + ".";
            current_ = Current::below;
        } else {
            end_rule(top);
            end_mapping(top);
            current_ = Current::other;
        }
        if (name == "mapping" && !is_array) document_.inline_mappings = true;
        content();
    }

    /// A header or an assignment ends here.
    void content() {
        below_ = scanner_.position();
        is_below_content_ = true;
    }

    void assignment(std::size_t begin) {
        auto key = scanner_.key();
        if (key.empty() || scanner_.peek() != '=') {
            if (current_ == Current::rule && rule_) rule_->odd = true;
            if (current_ != Current::rule && mapping_) mapping_->odd = true;
            return scanner_.skip_line();
        }
        scanner_.skip(1);
        scanner_.skip_blanks();
        const auto value = scanner_.value();
        scanner_.skip_line();
        content();
        if (!mapping_ && (key == "mapping" || key.starts_with("mapping.")))
            document_.inline_mappings = true;
        if (current_ == Current::mapping && (key == "rule" || key.starts_with("rule.")))
            mapping_->inline_rules = true;
        if (current_ == Current::below && mapping_)
            mapping_->below.push_back({.key = table_ + key, .line = {}, .value = value});
        auto* table = current_ == Current::mapping ? &mapping_
                      : current_ == Current::rule  ? &rule_
                                                   : nullptr;
        if (table != nullptr && *table)
            (*table)->assignments.push_back(
                {.key = std::move(key), .line = {begin, scanner_.position()}, .value = value});
    }

    void end_rule(std::size_t at) {
        if (!rule_) return;
        rule_->range.end = at;
        rule_->content_end = std::min(below_, at);
        mapping_->rules.push_back(std::move(*rule_));
        rule_.reset();
    }

    void end_mapping(std::size_t at) {
        if (!mapping_) return;
        mapping_->range.end = at;
        mapping_->content_end = std::min(below_, at);
        document_.mappings.push_back(std::move(*mapping_));
        mapping_.reset();
    }

    enum class Current { other, mapping, rule, below };
    std::string_view text_;
    TomlScanner scanner_;
    DocumentText document_;
    std::optional<TableText> mapping_{};
    std::optional<TableText> rule_{};
    Current current_ = Current::other;
    std::string table_{};            // the one below a mapping, "limits."
    std::size_t below_ = 0;          // behind the last header or assignment, comments included
    bool is_below_content_ = false;  // nothing but comments since then
    std::size_t comment_ = 0;        // where the comments right above begin
    bool has_comment_ = false;
};

}  // namespace

const AssignmentText* TableText::find(std::string_view key) const {
    const auto found = std::ranges::find(assignments, key, &AssignmentText::key);
    return found == assignments.end() ? nullptr : &*found;
}

std::size_t TableText::own_end() const {
    return assignments.empty() ? header.end : assignments.back().line.end;
}

DocumentText DocumentText::scan(std::string_view text) { return DocumentScan(text).take(); }

std::optional<std::string> simple_string(std::string_view value) {
    if (value.size() < 2 || value.front() != value.back()) return std::nullopt;
    const char quote = value.front();
    const auto inner = value.substr(1, value.size() - 2);
    if (quote == '\'' && inner.find('\'') == std::string_view::npos) return std::string(inner);
    if (quote != '"') return std::nullopt;
    std::string text;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (inner[i] == '"') return std::nullopt;
        if (inner[i] == '\\') {
            if (++i == inner.size() || (inner[i] != '"' && inner[i] != '\\')) return std::nullopt;
        }
        text += inner[i];
    }
    return text;
}

}  // namespace sallyport::mappings
