#include "agent/last_good.hpp"

#include "base/bytes.hpp"
#include "daemon/last_good.hpp"
#include "mappings/document_text.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace sallyport::agent {
namespace {

using mappings::DocumentText;
using mappings::TableText;

using TomlWords = std::map<std::string, std::string>;  // key -> value as it is written

/// A mapping in the words of its file, but for what decides nothing.
struct Wording {
    TomlWords own{};
    std::vector<TomlWords> rules{};
};

/// No key is empty: what has it is never the same as what could be read.
constexpr std::string_view not_understood;

/// A key that stands twice is an error, and nobody can say which of the two is meant.
void add_words(TomlWords& words, std::string_view text,
               const std::vector<mappings::AssignmentText>& assignments) {
    for (const auto& assignment : assignments) {
        const bool once = words.emplace(assignment.key, assignment.value.of(text)).second;
        if (!once) words.emplace(not_understood, "");
    }
}

TomlWords words_of(std::string_view text, const TableText& table) {
    TomlWords words;
    if (table.odd) words.emplace(not_understood, "");
    add_words(words, text, table.assignments);
    return words;
}

Wording wording_of(std::string_view text, const TableText& table) {
    Wording wording{words_of(text, table), {}};
    add_words(wording.own, text, table.below);
    wording.own.erase("description");
    if (table.inline_rules) wording.own.emplace("rule", "");
    for (const auto& rule : table.rules) {
        wording.rules.push_back(words_of(text, rule));
        wording.rules.back().erase("description");
    }
    return wording;
}

/// By `virtual` as it is written. What stands twice counts as not there: which one was meant?
std::map<std::string, std::optional<Wording>> wordings_of(const ConfigDocuments& documents) {
    std::map<std::string, std::optional<Wording>> all;
    for (const auto& [name, text] : documents)
        for (const auto& table : DocumentText::scan(text).mappings) {
            const auto* called = table.find("virtual");
            if (called == nullptr) continue;
            const auto key = to_lower(called->value.of(text));
            auto [there, is_new] = all.try_emplace(key, wording_of(text, table));
            if (!is_new) there->second.reset();
        }
    return all;
}

/// The words of each mapping of a good configuration, in its order; nothing if they are written in
/// a way that is not understood here.
std::optional<std::vector<Wording>> in_order(const ConfigDocuments& documents, std::size_t count) {
    std::vector<Wording> all;
    for (const auto& [name, text] : documents) {
        const auto scan = DocumentText::scan(text);
        if (scan.inline_mappings) return std::nullopt;
        for (const auto& table : scan.mappings) all.push_back(wording_of(text, table));
    }
    if (all.size() != count) return std::nullopt;
    return all;
}

/// Keeps the rules for which `keep` holds, by their number.
template <class Rule, class Keep, class Name>
void keep_rules(std::vector<Rule>& rules, Keep keep, Name name, const std::string& where,
                std::vector<std::string>& closed) {
    std::vector<Rule> kept;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (keep(i))
            kept.push_back(std::move(rules[i]));
        else
            closed.push_back(where + ": rule " + name(rules[i]));
    }
    rules = std::move(kept);
}

/// False if the mapping is closed.
bool narrow(mappings::Mapping& mapping, const Wording& before, const std::optional<Wording>& now,
            std::vector<std::string>& closed) {
    const auto where = "mapping " + mapping.virtual_text();
    if (!now || now->own != before.own) {
        closed.push_back(where + (now ? ": it is written otherwise now" : ": it is gone"));
        return false;
    }
    const auto keep = [&](std::size_t i) {
        return i >= before.rules.size() ||
               std::ranges::find(now->rules, before.rules[i]) != now->rules.end();
    };
    // What a rule asks of files holds for those that stay as well.
    std::vector<mappings::Rule> checks;
    for (std::size_t i = 0; i < mapping.rules.size(); ++i) {
        const auto& rule = mapping.rules[i];
        if (keep(i) || (rule.content == mappings::Content::any && rule.size_bytes_max == 0))
            continue;
        checks.push_back(rule);
        checks.back().expires = mappings::Moment();
    }
    keep_rules(
        mapping.rules, keep, [](const mappings::Rule& rule) { return rule.path; }, where, closed);
    std::ranges::move(checks, std::back_inserter(mapping.rules));
    if (mapping.rfc)
        keep_rules(
            mapping.rfc->policy.rules, keep,
            [](const rfc::FunctionRule& rule) { return rule.function; }, where, closed);
    return true;
}

}  // namespace

Narrowed narrowed(Config good, const ConfigDocuments& before, const ConfigDocuments& present) {
    Narrowed result{std::move(good), {}};
    auto& all = result.config.mappings;
    const auto was = in_order(before, all.size());
    const auto is = wordings_of(present);
    std::vector<mappings::Mapping> kept;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!was) {
            result.closed.push_back("mapping " + all[i].virtual_text() + ": it is written inline");
            continue;
        }
        const auto called = (*was)[i].own.find("virtual");
        const auto found =
            called == (*was)[i].own.end() ? is.end() : is.find(to_lower(called->second));
        if (narrow(all[i], (*was)[i], found == is.end() ? std::nullopt : found->second,
                   result.closed))
            kept.push_back(std::move(all[i]));
    }
    all = std::move(kept);
    return result;
}

std::filesystem::path state_dir_of(std::string_view text) {
    const auto value = daemon::first_value(text, "state_dir");
    return value && value->starts_with('/') ? std::filesystem::path(*value) : Config().state_dir;
}

}  // namespace sallyport::agent
