#include "hub/meter.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::string_view outcome_prefix = "exchange.";
constexpr int statuses_per_class = 100;

void add_counts(TenantCounts& sum, const TenantCounts& other) {
    for (std::size_t i = 0; i < sum.ended.size(); ++i) sum.ended[i] += other.ended[i];
    sum.request_bytes += other.request_bytes;
    sum.response_bytes += other.response_bytes;
}

}  // namespace

void Counts::add(const Counts& other) {
    for (const auto& [id, counts] : other.tenants) add_counts(tenants[id], counts);
    add_counts(others, other.others);
    add_counts(unknown, other.unknown);
    for (std::size_t i = 0; i < answers.size(); ++i) answers[i] += other.answers[i];
    running += other.running;
    whole.add(other.whole);
}

TenantCounts& Meter::of(std::string_view tenant) {
    if (tenant.empty()) return counts_.unknown;
    if (last_counts_ != nullptr && last_ == tenant) return *last_counts_;
    auto found = counts_.tenants.find(tenant);
    if (found == counts_.tenants.end()) {
        if (counts_.tenants.size() == counted_tenants_max) return counts_.others;
        found = counts_.tenants.emplace(tenant, TenantCounts()).first;
    }
    last_ = found->first;
    last_counts_ = &found->second;
    return found->second;
}

void Meter::ended(const Request& request) {
    --counts_.running;
    auto& tenant = of(request.tenant);
    const auto& names = TenantCounts::outcomes;
    const auto found = std::ranges::find(names, request.outcome.substr(outcome_prefix.size()));
    ++tenant.ended[std::min(static_cast<std::size_t>(found - names.begin()), names.size() - 1)];
    tenant.request_bytes += request.request_bytes;
    tenant.response_bytes += request.response_bytes;
    const auto status_class = static_cast<std::size_t>(request.status / statuses_per_class);
    if (status_class >= 1 && status_class <= Counts::status_classes)
        ++counts_.answers[status_class - 1];
    if (!request.lasts) counts_.whole.add(request.whole);
}

}  // namespace sallyport::hub
