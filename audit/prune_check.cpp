#include "audit/prune_check.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/line_head.hpp"
#include "audit/line_reader.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <fstream>

namespace sallyport::audit {
namespace {

/// The first checkpoint of a file is smaller: a hash for each bit of a size, some signatures.
constexpr std::size_t opening_bytes_max = 16 * 1024;

std::string beginning_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(opening_bytes_max, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

Result<PruneCheck> PruneCheck::open(const std::filesystem::path& folder) {
    auto keys = LogKeys::read(folder);
    if (!keys) return keys.error();
    return PruneCheck(folder, std::move(*keys));
}

bool PruneCheck::is_sealed(Sequence first) const {
    return keys_ && first > keys_->known().front().since;
}

bool PruneCheck::can_begin(Sequence first) const { return !is_sealed(first) || below(first); }

Result<tlog::Range> PruneCheck::below(Sequence first) const {
    const auto name = checkpoint_file_name(first);
    const auto text = beginning_of(folder_ / name);
    const auto spans = split_notes(text);
    if (spans.notes.empty()) return Error{Errc::untrusted, name + " begins with no checkpoint"};
    const auto opening = keys_->verify(spans.notes.front());
    if (!opening) return Error{Errc::untrusted, name + ": " + to_text(opening.error())};
    auto range = opening->checkpoint.range();
    if (!range || range->end() != first)
        return Error{Errc::untrusted, name + " does not begin where its segment does"};
    return std::move(*range);
}

Result<WallTime> PruneCheck::youngest(const Segment& segment, Sequence next) const {
    auto range = segment.first == 0 ? Result<tlog::Range>(tlog::Range()) : below(segment.first);
    if (!range) return range.error();
    const auto after = below(next);
    if (!after) return after.error();
    const auto name = segment.path.filename().string();
    auto lines = LineReader::open(segment.path);
    if (!lines) return lines.error();
    WallTime newest{};
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line) break;
        const auto head = head_of((*line)->bytes);
        const auto time = head ? parse_rfc3339(head->time) : Result<WallTime>(WallTime{});
        if (!(*line)->whole || !(*line)->fits() || !head || !time)
            return Error{Errc::untrusted, name + " holds something that is no record"};
        range->append(tlog::leaf_hash(as_bytes((*line)->bytes)));
        newest = std::max(newest, *time);
    }
    if (range->end() != next || range->root() != after->root())
        return Error{Errc::untrusted, "the records in " + name +
                                          " are not the ones that were "
                                          "signed"};
    return newest;
}

Result<std::optional<WallTime>> PruneCheck::check(const RetentionPlan& plan,
                                                  std::span<const SealedSegment> sealed,
                                                  Sequence next, const KeepLimits& limits,
                                                  WallTime now) const {
    std::optional<WallTime> youngest_gone;
    const auto segments = list_segments(folder_);
    if (!segments) return segments.error();
    for (std::size_t i = 0; i < std::max(plan.segments, plan.disclosed_from); ++i) {
        const bool goes = i < plan.segments;
        if (!goes && !sealed[i].disclosures) continue;
        const auto end = i + 1 < sealed.size() ? sealed[i + 1].first : next;
        const auto segment = std::ranges::find(*segments, sealed[i].first, &Segment::first);
        const bool begins_signed = sealed[i].first == 0 || is_sealed(sealed[i].first);
        if (segment == segments->end() || !begins_signed || !is_sealed(end)) {
            if (goes) youngest_gone = std::max(youngest_gone, std::optional(sealed[i].newest));
            continue;
        }
        const auto newest = youngest(*segment, end);
        if (!newest) return newest.error();
        if (goes) youngest_gone = std::max(youngest_gone, std::optional(*newest));
        const auto& age = goes ? limits.age : limits.disclosure_age;
        const bool for_age = !goes || plan.reason == prune::age;
        if (for_age && age && *newest > sealed[i].newest && *newest + *age > now)
            return Error{Errc::untrusted, segment->path.filename().string() + " holds records of " +
                                              to_rfc3339(*newest) +
                                              ", and the one behind it "
                                              "says that it is older"};
    }
    return youngest_gone;
}

}  // namespace sallyport::audit
