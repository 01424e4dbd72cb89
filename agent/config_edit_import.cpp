// What is added to a configuration, and taken out of it for another one.
#include "agent/config_edit.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using mappings::DocumentText;
using mappings::Mapping;
using mappings::TableText;

void keep_first_rules(Mapping& mapping, std::size_t count) {
    const auto cut = [&](auto& rules) {
        if (rules.size() > count)
            rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(count), rules.end());
    };
    if (mapping.rfc)
        cut(mapping.rfc->policy.rules);
    else
        cut(mapping.rules);
}

/// What a rule allows, as it is written.
std::map<std::string, std::string> allowed_words(std::string_view text, const TableText& rule) {
    std::map<std::string, std::string> words;
    for (const auto& one : rule.assignments)
        if (one.key != "description" && one.key != "scenario")
            words.insert_or_assign(one.key, std::string(one.value.of(text)));
    return words;
}

/// Of [[mapping]] tables that somebody hands over.
Result<DocumentText> scan_tables(std::string_view tables) {
    auto scan = DocumentText::scan(tables);
    const bool is_inline =
        scan.inline_mappings || std::ranges::any_of(scan.mappings, &TableText::inline_rules);
    if (is_inline) return ConfigEdit::written_inline("the file");
    if (scan.mappings.empty())
        return Error{Errc::malformed, "there is no [[mapping]] in it: nothing to import"};
    return scan;
}

std::string with_scenario(const std::string& tables, const std::string& scenario) {
    if (scenario.empty()) return tables;
    std::vector<mappings::Splice> splices;
    for (const auto& mapping : DocumentText::scan(tables).mappings)
        for (const auto& rule : mapping.rules)
            splices.push_back(
                mappings::set_key(tables, rule, "scenario", mappings::toml_string(scenario)));
    return mappings::spliced(tables, std::move(splices));
}

}  // namespace

Result<void> ConfigEdit::add_rules(const std::string& name, const std::string& rules) {
    const auto found = find(name);
    if (!found) return found.error();
    const auto i = *found;
    if (table_of(i).inline_rules) return written_inline(name);
    const auto before = config_.mappings;
    Splices splices;
    splices[places_[i].document].push_back(mappings::add_rules(text_of(i), table_of(i), rules));
    return take(with(splices), [&](std::vector<Mapping> after) {
        if (after.size() != before.size()) return false;
        keep_first_rules(after[i], rules_of(before[i]));
        return after == before;
    });
}

Result<void> ConfigEdit::add_mappings(const std::string& document, const std::string& tables) {
    auto changed = documents_;
    auto there = std::ranges::find(changed, document, [](const auto& one) { return one.first; });
    if (there == changed.end()) {
        // In the order of names, as the files are read; the main one stays first.
        there = std::find_if(changed.begin() + 1, changed.end(),
                             [&](const auto& one) { return document < one.first; });
        there = changed.insert(there, {document, {}});
    }
    there->second =
        mappings::spliced(there->second, {mappings::add_mappings(there->second, tables)});
    const auto before = config_.mappings;
    return take(std::move(changed), [&](std::vector<Mapping> after) {
        std::erase_if(after, [&](const Mapping& one) {
            return std::ranges::none_of(
                before, [&](const Mapping& old) { return old.virtual_host == one.virtual_host; });
        });
        return after == before;
    });
}

bool ConfigEdit::has_rule(std::size_t mapping, std::string_view text, const TableText& rule) const {
    const auto words = allowed_words(text, rule);
    return std::ranges::any_of(table_of(mapping).rules, [&](const TableText& there) {
        return allowed_words(text_of(mapping), there) == words;
    });
}

Result<void> ConfigEdit::import(const std::string& tables, const std::string& to,
                                const std::string& document, const std::string& scenario) {
    const auto text = with_scenario(tables, scenario);
    const auto scan = scan_tables(text);
    if (!scan) return scan.error();
    std::string whole;  // mappings that are not there yet
    for (const auto& table : scan->mappings) {
        const auto* called = table.find("virtual");
        const auto name = !to.empty() ? to
                          : called != nullptr
                              ? mappings::simple_string(called->value.of(text)).value_or("")
                              : std::string();
        const auto there = find(name);
        if (!there && !to.empty()) return there.error();
        if (!there) {
            const auto block = std::string_view(text).substr(table.range.begin,
                                                             table.content_end - table.range.begin);
            whole.append(whole.empty() ? "" : "\n").append(block);
            if (!whole.ends_with('\n')) whole += '\n';
            continue;
        }
        std::string rules;
        for (const auto& rule : table.rules) {
            if (has_rule(*there, text, rule)) continue;
            rules.append(rules.empty() ? "" : "\n");
            rules.append(std::string_view(text).substr(rule.range.begin,
                                                       rule.content_end - rule.range.begin));
            if (!rules.ends_with('\n')) rules += '\n';
        }
        if (rules.empty()) continue;
        if (auto added = add_rules(name, rules); !added) return added;
    }
    if (whole.empty()) return {};
    return add_mappings(document, whole);
}

Result<std::string> ConfigEdit::exported(const std::vector<std::string>& names,
                                         const std::string& scenario) const {
    std::vector<std::size_t> all;
    for (const auto& name : names) {
        const auto found = find(name);
        if (!found) return found.error();
        all.push_back(*found);
    }
    for (std::size_t i = 0; names.empty() && i < config_.mappings.size(); ++i) all.push_back(i);
    std::string out;
    for (const auto i : all) {
        const auto& table = table_of(i);
        const auto begin = table.range.begin;
        const auto block = text_of(i).substr(begin, table.content_end - begin);
        std::vector<mappings::Splice> splices;
        std::size_t left = rules_of(config_.mappings[i]);
        for (std::size_t k = 0; !scenario.empty() && k < rules_of(config_.mappings[i]); ++k) {
            if (scenario_of_rule(config_.mappings[i], k) == scenario) continue;
            if (table.inline_rules) return written_inline(config_.mappings[i].virtual_text());
            auto splice = mappings::remove_table(text_of(i), table.rules[k]);
            splice.at = {splice.at.begin - begin, std::min(splice.at.end - begin, block.size())};
            splices.push_back(std::move(splice));
            --left;
        }
        if (!scenario.empty() && left == 0) continue;
        out.append(out.empty() ? "" : "\n").append(mappings::spliced(block, std::move(splices)));
        if (!out.ends_with('\n')) out += '\n';
    }
    if (out.empty() && !scenario.empty())
        return Error{Errc::not_found, "no rule belongs to the scenario " + scenario};
    std::erase(out, '\r');
    return out;
}

}  // namespace sallyport::agent
