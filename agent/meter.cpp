#include "agent/meter.hpp"

#include "mappings/table.hpp"

#include <algorithm>
#include <cassert>
#include <set>

namespace sallyport::agent {

void MappingCounts::add(const MappingCounts& other) {
    running += other.running;
    for (std::size_t i = 0; i < ended.size(); ++i) ended[i] += other.ended[i];
    for (std::size_t i = 0; i < answers.size(); ++i) answers[i] += other.answers[i];
    request_bytes += other.request_bytes;
    response_bytes += other.response_bytes;
    head.add(other.head);
    whole.add(other.whole);
    accessed = std::max(accessed, other.accessed);
}

void RuleCounts::add(const RuleCounts& other) {
    running += other.running;
    calls += other.calls;
    request_bytes += other.request_bytes;
    response_bytes += other.response_bytes;
    accessed = std::max(accessed, other.accessed);
}

void Counts::add_rules(const Counts& other) {
    if (rules.empty()) {
        rules = other.rules;
        return;
    }
    for (std::size_t i = 0; i < other.rules.size(); ++i) {
        const auto& theirs = other.rules[i];
        const auto has_name = [&theirs](const auto& one) { return *one.first == *theirs.first; };
        // All workers have them in the same order, but while a reload is under way.
        const auto known = i < rules.size() && has_name(rules[i])
                               ? rules.begin() + static_cast<std::ptrdiff_t>(i)
                               : std::ranges::find_if(rules, has_name);
        if (known == rules.end())
            rules.push_back(theirs);
        else
            known->second.add(theirs.second);
    }
}

void Counts::add(const Counts& other) {
    for (const auto& [name, counts] : other.mappings) {
        const auto known = std::ranges::find(
            mappings, name, [](const auto& one) -> const auto& { return one.first; });
        if (known == mappings.end())
            mappings.emplace_back(name, counts);
        else
            known->second.add(counts);
    }
    none.add(other.none);
    add_rules(other);
    policy.add(other.policy);
    principal.add(other.principal);
    audit.add(other.audit);
    slowest.insert(slowest.end(), other.slowest.begin(), other.slowest.end());
    std::ranges::sort(slowest,
                      [](const auto& a, const auto& b) { return a.times.whole > b.times.whole; });
}

void Meter::use(const mappings::Table& table) {
    for (auto& [name, kept] : by_name_) kept.configured = false;
    by_index_.clear();
    for (const auto& mapping : table.mappings()) {
        const auto name = mapping.virtual_text();
        auto& kept = by_name_[name];
        kept.configured = true;
        use(mapping, kept, by_index_.emplace_back(Place{name, kept.counts.get(), {}}));
    }
    first_ = table.mappings().data();
    std::erase_if(by_name_, [](const auto& one) {
        return !one.second.configured && one.second.counts->running == 0;
    });
}

void Meter::use(const mappings::Mapping& mapping, Kept& kept, Place& place) {
    for (auto& [path, rule] : kept.rules) rule.configured = false;
    for (const auto& rule : mapping.rules) {
        auto& counted = kept.rules[rule.path];
        counted.configured = true;
        if (counted.name == nullptr)
            counted.name = std::make_shared<const RuleName>(RuleName{place.name, rule.path});
        place.rules.push_back(&counted);
    }
    std::erase_if(kept.rules, [](const auto& one) {
        return !one.second.configured && one.second.counts.running == 0;
    });
}

MappingCounts& Meter::of(const mappings::Mapping* mapping) {
    if (mapping == nullptr) return none_;
    const auto index = static_cast<std::size_t>(mapping - first_);
    assert(mapping >= first_ && index < by_index_.size());
    return *by_index_[index].counts;
}

RuleCounts* Meter::of(const mappings::Mapping* mapping, std::size_t rule_number) {
    if (mapping == nullptr || rule_number == 0) return nullptr;
    const auto index = static_cast<std::size_t>(mapping - first_);
    assert(mapping >= first_ && index < by_index_.size());
    const auto& rules = by_index_[index].rules;
    assert(rule_number <= rules.size());
    return &rules[rule_number - 1]->counts;
}

Counts Meter::counts(SlowExchanges::Time now) const {
    Counts counts;
    for (const auto& place : by_index_) {
        counts.mappings.emplace_back(place.name, *place.counts);
        std::set<const KeptRule*> told;  // rules with the same path share one
        for (const auto* rule : place.rules)
            if (told.insert(rule).second) counts.rules.emplace_back(rule->name, rule->counts);
    }
    counts.none = none_;
    counts.policy = policy;
    counts.principal = principal;
    counts.audit = audit;
    counts.slowest = slowest.list(now);
    return counts;
}

}  // namespace sallyport::agent
