#include "agent/meter.hpp"

#include "mappings/table.hpp"

#include <algorithm>
#include <cassert>

namespace sallyport::agent {

void MappingCounts::add(const MappingCounts& other) {
    running += other.running;
    for (std::size_t i = 0; i < ended.size(); ++i) ended[i] += other.ended[i];
    for (std::size_t i = 0; i < answers.size(); ++i) answers[i] += other.answers[i];
    request_bytes += other.request_bytes;
    response_bytes += other.response_bytes;
    head.add(other.head);
    whole.add(other.whole);
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
        by_index_.emplace_back(name, kept.counts.get());
    }
    first_ = table.mappings().data();
    std::erase_if(by_name_, [](const auto& one) {
        return !one.second.configured && one.second.counts->running == 0;
    });
}

MappingCounts& Meter::of(const mappings::Mapping* mapping) {
    if (mapping == nullptr) return none_;
    const auto index = static_cast<std::size_t>(mapping - first_);
    assert(mapping >= first_ && index < by_index_.size());
    return *by_index_[index].second;
}

Counts Meter::counts(SlowExchanges::Time now) const {
    Counts counts;
    for (const auto& [name, of_one] : by_index_) counts.mappings.emplace_back(name, *of_one);
    counts.none = none_;
    counts.policy = policy;
    counts.principal = principal;
    counts.audit = audit;
    counts.slowest = slowest.list(now);
    return counts;
}

}  // namespace sallyport::agent
