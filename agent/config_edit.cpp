#include "agent/config_edit.hpp"

#include "agent/config_change.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using mappings::DocumentText;
using mappings::Mapping;
using mappings::TableText;

/// The rules of a mapping, of either kind.
template <class Body>
void with_rules(Mapping& mapping, Body body) {
    if (mapping.rfc)
        body(mapping.rfc->policy.rules);
    else
        body(mapping.rules);
}

void drop_rules(Mapping& mapping, const std::vector<std::size_t>& indices) {
    with_rules(mapping, [&](auto& rules) {
        for (auto i = indices.rbegin(); i != indices.rend(); ++i)
            rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(*i));
    });
}

bool is_enabled(const Mapping& mapping, const std::optional<std::size_t>& rule) {
    if (!rule) return mapping.enabled;
    return mapping.rfc ? mapping.rfc->policy.rules[*rule].enabled : mapping.rules[*rule].enabled;
}

}  // namespace

std::size_t rules_of(const Mapping& mapping) {
    return mapping.rfc ? mapping.rfc->policy.rules.size() : mapping.rules.size();
}

const std::string& subject_of_rule(const Mapping& mapping, std::size_t index) {
    return mapping.rfc ? mapping.rfc->policy.rules[index].function : mapping.rules[index].path;
}

const std::string& scenario_of_rule(const Mapping& mapping, std::size_t index) {
    return mapping.rfc ? mapping.rfc->policy.rules[index].scenario : mapping.rules[index].scenario;
}

Error ConfigEdit::written_inline(std::string_view where) {
    return {Errc::unsupported,
            std::string(where) +
                " has mappings or rules that are written as values (mapping = "
                "[...]), not as [[mapping]] and [[mapping.rule]]: edit it by hand"};
}

ConfigEdit::ConfigEdit(ConfigDocuments documents, Config config)
    : documents_(std::move(documents)), config_(std::move(config)) {}

Result<ConfigEdit> ConfigEdit::open(ConfigDocuments documents) {
    auto config = Config::parse(documents);
    if (!config) return config.error();
    ConfigEdit edit(std::move(documents), std::move(*config));
    if (auto located = edit.locate(); !located) return located.error();
    return edit;
}

/// Texts and meanings have the same mappings in the same order, or nothing is done.
Result<void> ConfigEdit::locate() {
    scans_.clear();
    places_.clear();
    for (std::size_t i = 0; i < documents_.size(); ++i) {
        auto scan = DocumentText::scan(documents_[i].second);
        if (scan.inline_mappings) return written_inline(documents_[i].first);
        for (std::size_t k = 0; k < scan.mappings.size(); ++k) places_.push_back({i, k});
        scans_.push_back(std::move(scan));
    }
    if (places_.size() != config_.mappings.size())
        return Error{Errc::unsupported,
                     "the mappings are written in a way that this command does not understand: "
                     "edit them by hand"};
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto& table = table_of(i);
        if (!table.inline_rules && table.rules.size() != rules_of(config_.mappings[i]))
            return Error{Errc::unsupported,
                         "the rules of " + config_.mappings[i].virtual_text() +
                             " are written in a way that this command does not understand: edit "
                             "them by hand"};
    }
    return {};
}

const TableText& ConfigEdit::table_of(std::size_t mapping) const {
    return scans_[places_[mapping].document].mappings[places_[mapping].table];
}

std::string_view ConfigEdit::text_of(std::size_t mapping) const {
    return documents_[places_[mapping].document].second;
}

Result<std::size_t> ConfigEdit::find(std::string_view name) const {
    const auto parsed = mappings::VirtualHost::parse(name);
    for (std::size_t i = 0; i < config_.mappings.size(); ++i) {
        const auto& mapping = config_.mappings[i];
        if (equal_ignoring_case(mapping.virtual_text(), name)) return i;
        if (parsed && mapping.internal.ports.count == 1 && *parsed == mapping.virtual_host)
            return i;
    }
    return Error{Errc::not_found, "nothing is mapped to \"" + std::string(name) +
                                      "\"; sallyport mappings list tells what is"};
}

Result<ConfigEdit::Chosen> ConfigEdit::chosen(const EditTarget& target) const {
    Chosen all;
    std::size_t first = 0;
    std::size_t last = config_.mappings.size();
    if (!target.name.empty()) {
        const auto found = find(target.name);
        if (!found) return found.error();
        first = *found;
        last = first + 1;
        if (!target.is_about_rules()) return Chosen{{first, {}}};
    }
    for (std::size_t i = first; i < last; ++i) {
        const auto& mapping = config_.mappings[i];
        std::vector<std::size_t> rules;
        for (std::size_t k = 0; k < rules_of(mapping); ++k) {
            const bool is_meant =
                (!target.rule || *target.rule == k + 1) &&
                (target.path.empty() || subject_of_rule(mapping, k) == target.path) &&
                (target.scenario.empty() || scenario_of_rule(mapping, k) == target.scenario);
            if (is_meant) rules.push_back(k);
        }
        if (rules.empty()) continue;
        if (table_of(i).inline_rules) return written_inline(mapping.virtual_text());
        all.emplace_back(i, std::move(rules));
    }
    if (all.empty())
        return Error{Errc::not_found, target.scenario.empty()
                                          ? "there is no such rule; sallyport mappings list tells "
                                            "what there is"
                                          : "no rule belongs to the scenario " + target.scenario};
    return all;
}

ConfigDocuments ConfigEdit::with(const Splices& splices) const {
    auto changed = documents_;
    for (const auto& [document, some] : splices)
        changed[document].second = mappings::spliced(documents_[document].second, some);
    return changed;
}

Result<void> ConfigEdit::take(ConfigDocuments changed,
                              const std::function<bool(const std::vector<Mapping>&)>& is_meant) {
    auto after = Config::parse(changed);
    if (!after)
        return Error{Errc::malformed, "the configuration would not be valid:\n" +
                                          after.error().detail + "\nnothing was changed"};
    auto change = compare(config_, *after);
    change.categories.erase("BackendMapping");
    change.categories.erase("AllowedResource");
    if (!change.categories.empty() || !is_meant(after->mappings))
        return Error{Errc::conflict,
                     "the changed text would mean something else than what was asked for, so "
                     "nothing was changed: edit it by hand"};
    documents_ = std::move(changed);
    config_ = std::move(*after);
    return locate();
}

Result<void> ConfigEdit::set_enabled(const EditTarget& target, bool enabled) {
    const auto all = chosen(target);
    if (!all) return all.error();
    auto wanted = config_.mappings;
    Splices splices;
    const auto set = [&](std::size_t i, const TableText& table, std::optional<std::size_t> rule) {
        if (is_enabled(wanted[i], rule) == enabled) return;
        splices[places_[i].document].push_back(
            mappings::set_key(text_of(i), table, "enabled", enabled ? "true" : "false"));
        if (!rule) wanted[i].enabled = enabled;
        if (rule) with_rules(wanted[i], [&](auto& rules) { rules[*rule].enabled = enabled; });
    };
    for (const auto& [i, rules] : *all) {
        if (rules.empty()) set(i, table_of(i), std::nullopt);
        for (const auto rule : rules) set(i, table_of(i).rules[rule], rule);
    }
    return take(with(splices), [&](const auto& after) { return after == wanted; });
}

Result<void> ConfigEdit::remove(const EditTarget& target) {
    const auto all = chosen(target);
    if (!all) return all.error();
    auto wanted = config_.mappings;
    Splices splices;
    for (auto one = all->rbegin(); one != all->rend(); ++one) {
        const auto& [i, rules] = *one;
        auto& here = splices[places_[i].document];
        if (rules.empty()) {
            here.push_back(mappings::remove_table(text_of(i), table_of(i)));
            wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(i));
            continue;
        }
        for (const auto rule : rules)
            here.push_back(mappings::remove_table(text_of(i), table_of(i).rules[rule]));
        drop_rules(wanted[i], rules);
    }
    return take(with(splices), [&](const auto& after) { return after == wanted; });
}

}  // namespace sallyport::agent
