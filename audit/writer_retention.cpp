// What becomes of segments that are not written any more: they are compressed, and deleted when the
// policy says so.
#include "audit/compress.hpp"
#include "audit/prune.hpp"
#include "audit/prune_check.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "audit/retention.hpp"
#include "audit/thin_checkpoints.hpp"
#include "audit/writer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

/// When the first record was made.
std::optional<WallTime> first_time(const Segment& segment) {
    Reader reader(std::vector<Segment>{segment});
    const auto line = reader.next();
    if (!line || !*line || !(*line)->whole) return std::nullopt;
    const auto record = parse_record((*line)->bytes);
    return record ? std::optional(record->time) : std::nullopt;
}

}  // namespace

/// Makes small what is durable, sealed, and will not be written any more; one segment after the
/// other, as long as the log works.
void Log::Writer::pack_segments() {
    const auto now = clock_->now().mono;
    if (now < compress_from_) return;
    const auto segments = list_segments(settings_.folder);
    if (!segments) return;
    auto failed = remove_compression_leftovers(settings_.folder);
    for (std::size_t i = 0; failed && i + 1 < segments->size(); ++i) {
        const auto& segment = (*segments)[i];
        const auto end = (*segments)[i + 1].first;
        if (gives_way() || end > durable_ || end >= sealer_->sealed()) return;
        if (!segment.compressed()) failed = pack(segment);
    }
    if (failed || failed.error().code == Errc::aborted) return;
    compress_from_ = now + compress_again_after;
    log::warn("audit.compression_failed", {{"error", to_text(failed.error())},
                                           {"segment", "stays as it is, and is tried again"}});
}

/// Its checkpoints first: those of a compressed segment are not looked at again.
Result<void> Log::Writer::pack(const Segment& segment) {
    std::optional<LogKeys> keys;
    {
        const std::lock_guard lock(compose_mutex_);
        keys = keys_;
    }
    pace_.begin();
    const auto continues = [this] {
        pace_.rest();
        return !gives_way();
    };
    if (keys)
        if (auto thinned = thin_checkpoint_file(
                settings_.folder / checkpoint_file_name(segment.first), *keys, continues);
            !thinned)
            return thinned;
    return compress_segment(segment, *disk_, continues);
}

/// The segments that may be deleted, and what the last one, which may not, takes.
Result<Log::Writer::Holdings> Log::Writer::take_stock() {
    const auto segments = list_segments(settings_.folder);
    if (!segments) return segments.error();
    auto files = survey(settings_.folder);
    if (!files) return files.error();
    Holdings holdings;
    std::map<Sequence, WallTime> times;  // without those that are gone
    for (const auto& segment : *segments) {
        if (closed_) return Error{Errc::closed, "the audit log is closed"};
        const auto known = first_times_.find(segment.first);
        const auto time =
            known != first_times_.end() ? std::optional(known->second) : first_time(segment);
        if (!time) break;  // nothing is deleted behind what cannot be read
        times.emplace(segment.first, *time);
        if (!holdings.sealed.empty()) {
            holdings.sealed.back().newest = *time;
            holdings.sealed.back().end = segment.first;
        }
        const auto& found = (*files)[segment.first];
        holdings.sealed.push_back({.first = segment.first,
                                   .bytes = found.bytes,
                                   .newest = *time,
                                   .disclosures = found.disclosures});
    }
    for (const auto& [first, found] : *files) holdings.bytes += found.bytes;
    holdings.segments = segments->size();
    if (!segments->empty()) holdings.first = segments->front().first;
    if (!times.empty()) holdings.oldest = times.begin()->second;
    first_times_ = std::move(times);
    if (holdings.sealed.empty()) return holdings;
    holdings.next = holdings.sealed.back().first;
    holdings.sealed.pop_back();
    return holdings;
}

Holds Log::Writer::holds() {
    if (!settings_.takers) return {};
    const auto space = disk_->space(settings_.folder);
    return {.takers = takers_of(
                settings_.takers(),
                [this](std::string_view witness) { return witnesses_.countersigned_by(witness); }),
            .days = std::chrono::days(retention().hold_days),
            .disk_needs_room = space && used_percent(*space) >= Holds::used_percent_max};
}

/// With upkeep_mutex_ held.
Result<Pruned> Log::Writer::prune_locked(const KeepLimits& limits, bool dry_run,
                                         std::string_view who) {
    if (!dry_run)
        if (auto finished = finish_pruning(); !finished) return finished.error();
    auto holdings = take_stock();
    if (!holdings) return holdings.error();
    const auto check = PruneCheck::open(settings_.folder);
    if (!check) return check.error();
    // What stays must begin with a checkpoint, or the next start would not know the log.
    while (!holdings->sealed.empty() && !check->can_begin(holdings->next)) {
        holdings->next = holdings->sealed.back().first;
        holdings->sealed.pop_back();
    }
    std::uint64_t sealed_bytes = 0;
    for (const auto& segment : holdings->sealed) sealed_bytes += segment.bytes;
    const auto plan = plan_retention(holdings->sealed, holdings->bytes - sealed_bytes, limits,
                                     clock_->now().wall, holds());
    const auto first_of = [&](std::size_t index) {
        return index < holdings->sealed.size() ? holdings->sealed[index].first : holdings->next;
    };
    Pruned pruned{.first = plan.segments > 0 ? first_of(plan.segments) : holdings->first,
                  .segments = plan.segments,
                  .bytes = plan.bytes,
                  .disclosures = plan.disclosures,
                  .disclosed_from = first_of(plan.disclosed_from),
                  .reason = std::string(plan.reason),
                  .policy = limits.text(),
                  .who = std::string(who),
                  .untaken = plan.untaken,
                  .held = plan.held,
                  .held_by = plan.held_by};
    if (dry_run || plan.empty()) return pruned;
    const auto youngest =
        check->check(plan, holdings->sealed, holdings->next, limits, clock_->now().wall);
    if (!youngest) return youngest.error();
    pruned.youngest = *youngest;
    if (auto intended = intend_to_prune(pruned); !intended) return intended.error();
    if (auto finished = finish_pruning(); !finished) return finished.error();
    look_at_files();
    return pruned;
}

Result<Pruned> Log::Writer::retain(const RetentionOrder& order, std::string_view who) {
    const std::unique_lock repairing(repair_mutex_, std::try_to_lock);
    if (!repairing) return is_busy();
    if (closed_) return Error{Errc::closed, "the audit log is closed"};
    if (!lock_)
        return Error{Errc::unavailable,
                     "the folder of the audit log could not be taken for this process: " +
                         failure().value_or(Error{}).detail};
    const auto keeping = hold_upkeep();
    auto limits = KeepLimits::of(retention());
    if (order.keep_days) limits.age = std::chrono::days(*order.keep_days);
    auto pruned = prune_locked(limits, order.dry_run, who);
    if (pruned && !order.dry_run) watch_space();
    return pruned;
}

void Log::Writer::keep_to_policy() {
    auto limits = KeepLimits::of(retention());
    if (!clock_trust_.observe(clock_->now())) {
        limits.age.reset();
        limits.disclosure_age.reset();
    }
    const auto now = clock_->now().mono;
    if (now < prune_from_) return;
    const auto pruned = prune_locked(limits, false, "policy");
    if (!pruned && pruned.error().code == Errc::untrusted) {
        prune_from_ = now + prune_again_after;
        return log::error("audit.alarm",
                          {{"reason", to_text(pruned.error())},
                           {"retention", "nothing is deleted"},
                           {"do",
                            "somebody changed files of the log: keep a copy of the folder "
                            "and run audit verify"}});
    }
    if (!pruned && goes_on())
        log::error("audit.retention_failed",
                   {{"error", to_text(pruned.error())}, {"do", "give the rights, or make room"}});
    if (pruned) tell_held(*pruned);
}

/// In the journal when it begins.
void Log::Writer::tell_held(const Pruned& pruned) {
    bool held_before = false;
    {
        const std::lock_guard lock(storage_mutex_);
        held_before = storage_.held > 0;
        storage_.held = pruned.held;
        storage_.held_by = pruned.held_by;
    }
    if (pruned.held > 0 && !held_before)
        log::warn("audit.retention_held",
                  {{"segments", pruned.held}, {"not_taken_by", joined_names(pruned.held_by)}});
}

Retention Log::Writer::retention() const {
    const std::lock_guard lock(compose_mutex_);
    return retention_;
}

void Log::Writer::look_at_files() {
    const auto holdings = take_stock();
    if (!holdings) return;
    bool reserves = true;
    {
        const std::lock_guard lock(file_mutex_);
        if (segments_) reserves = segments_->reserves();
    }
    const std::lock_guard lock(storage_mutex_);
    storage_.segments = holdings->segments;
    storage_.bytes = holdings->bytes;
    storage_.first = holdings->first;
    storage_.oldest = holdings->oldest;
    storage_.reserves = reserves;
}

}  // namespace sallyport::audit
