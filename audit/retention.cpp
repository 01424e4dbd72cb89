#include "audit/retention.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

std::vector<std::string> waiting_for(const SealedSegment& segment, const Holds& holds) {
    std::vector<std::string> names;
    for (const auto& taker : holds.takers)
        if (taker.from < segment.end) names.push_back(taker.name);
    return names;
}

void add_new(std::vector<std::string>& names, const std::vector<std::string>& more) {
    for (const auto& name : more)
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// Whether the segment waits no longer; `bytes`: of the whole log with it.
bool is_overdue(const SealedSegment& segment, std::uint64_t bytes, const KeepLimits& limits,
                const Holds& holds, WallTime now) {
    if (holds.disk_needs_room || holds.days == std::chrono::days(0)) return true;
    if (limits.age && segment.newest + *limits.age + holds.days <= now) return true;
    return limits.bytes && bytes / Holds::bytes_factor > *limits.bytes;
}

}  // namespace

std::vector<Taker> takers_of(const Takers& takers,
                             const std::function<std::uint64_t(std::string_view)>& countersigned) {
    auto all = takers.targets;
    if (takers.witnesses.empty()) return all;
    Taker witnesses;
    for (const auto& name : takers.witnesses) {
        witnesses.name += (witnesses.name.empty() ? "witness " : " or ") + name;
        witnesses.from = std::max(witnesses.from, countersigned(name));
    }
    all.push_back(std::move(witnesses));
    return all;
}

KeepLimits KeepLimits::of(const Retention& retention) {
    KeepLimits limits;
    if (retention.days > 0) limits.age = std::chrono::days(retention.days);
    if (retention.bytes > 0) limits.bytes = retention.bytes;
    if (retention.disclosure_days > 0)
        limits.disclosure_age = std::chrono::days(retention.disclosure_days);
    return limits;
}

std::string KeepLimits::text() const {
    std::string text;
    const auto add = [&](std::string_view name, auto value) {
        if (!text.empty()) text += ' ';
        text.append(name).append("=").append(std::to_string(value));
    };
    if (age) add("days", age->count());
    if (bytes) add("bytes", *bytes);
    if (disclosure_age) add("disclosure_days", disclosure_age->count());
    return text.empty() ? "for ever" : text;
}

RetentionPlan plan_retention(std::span<const SealedSegment> sealed, std::uint64_t open_bytes,
                             const KeepLimits& limits, WallTime now, const Holds& holds) {
    RetentionPlan plan;
    auto left = open_bytes;
    for (const auto& segment : sealed) left += segment.bytes;
    for (const auto& segment : sealed) {
        const bool old = limits.age && segment.newest + *limits.age <= now;
        const bool too_many = limits.bytes && left > *limits.bytes;
        if (!old && !too_many) break;
        const auto waiting = waiting_for(segment, holds);
        if (!waiting.empty() && !is_overdue(segment, left, limits, holds, now)) {
            plan.held_by = waiting;
            break;
        }
        add_new(plan.untaken, waiting);
        plan.reason = old ? prune::age : prune::size;
        plan.bytes += segment.bytes;
        left -= segment.bytes;
        ++plan.segments;
    }
    if (!plan.held_by.empty())
        plan.held = plan_retention(sealed, open_bytes, limits, now).segments - plan.segments;
    plan.disclosed_from = plan.segments;
    if (!limits.disclosure_age) return plan;
    for (auto i = plan.segments; i < sealed.size(); ++i) {
        if (sealed[i].newest + *limits.disclosure_age > now) break;
        plan.disclosed_from = i + 1;
        if (sealed[i].disclosures) ++plan.disclosures;
    }
    return plan;
}

bool ClockTrust::observe(Instant now) {
    const auto step = watch_.observe(now);
    if (!trusted_from_) trusted_from_ = now.mono + after_start;
    if (step && std::chrono::abs(*step) >= step_min)
        trusted_from_ = std::max(*trusted_from_, now.mono + after_step);
    return now.mono >= *trusted_from_;
}

}  // namespace sallyport::audit
