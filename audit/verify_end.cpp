#include "audit/verify_end.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/line_head.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

/// After a minute of silence a log that works says that it is there.
constexpr std::chrono::minutes pause{2};

Result<std::chrono::nanoseconds> time_at_work(const std::vector<Segment>& segments, Sequence from,
                                              Sequence end) {
    auto first = std::ranges::upper_bound(segments, from, {}, &Segment::first);
    if (first != segments.begin()) --first;
    Reader reader({first, segments.end()});
    std::chrono::nanoseconds time{0};
    std::optional<Record> before;
    while (true) {
        const auto line = reader.next();
        if (!line) return line.error();
        if (!*line) return time;
        const auto head = head_of((*line)->bytes);
        if (!head || head->sequence < from || !(*line)->whole) continue;
        if (head->sequence >= end) return time;
        auto record = parse_record((*line)->bytes);
        if (!record) continue;
        const bool same_boot = before && before->boot == record->boot;
        const auto step = same_boot ? record->mono - before->mono : std::chrono::nanoseconds(0);
        if (step.count() > 0 && step <= pause) time += step;
        before = std::move(*record);
    }
}

Result<std::optional<Problem>> check_unsigned(const std::vector<Segment>& segments, Sequence from,
                                              Sequence end) {
    if (from >= end) return std::optional<Problem>();
    const auto time = time_at_work(segments, from, end);
    if (!time) return time.error();
    if (*time <= unsigned_time_max) return std::optional<Problem>();
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(*time).count();
    return std::optional<Problem>(
        {.file = checkpoint_file_name(segments.back().first),
         .text = "records " + std::to_string(from) + " to " + std::to_string(end - 1) +
                 " are not signed, though the log was at work for " + std::to_string(minutes) +
                 " minutes: its disk stood still, or somebody removed checkpoints and may have "
                 "changed these records",
         .verdict = verdict::not_signed});
}

Result<std::optional<Problem>> check_lost_segments(const std::filesystem::path& folder,
                                                   const std::vector<Segment>& segments) {
    // In this order: a segment is there before its checkpoints are.
    const auto checkpoints = list_checkpoint_files(folder);
    if (!checkpoints) return checkpoints.error();
    const auto now = list_segments(folder);
    if (!now) return now.error();
    for (const auto& file : *checkpoints) {
        if (!segments.empty() && file.first <= segments.back().first) continue;
        const auto segment = std::ranges::find(*now, file.first, &Segment::first);
        if (segment != now->end() && segment->bytes > 0) continue;
        return std::optional<Problem>({.file = file.path.filename().string(),
                                       .text = "these are checkpoints of records that are missing",
                                       .verdict = verdict::truncated});
    }
    return std::optional<Problem>();
}

}  // namespace

Result<std::optional<Problem>> check_end(const std::filesystem::path& folder,
                                         const std::vector<Segment>& segments, Sequence from,
                                         Sequence end) {
    auto lost = check_lost_segments(folder, segments);
    if (!lost || *lost) return lost;
    return check_unsigned(segments, from, end);
}

}  // namespace sallyport::audit
