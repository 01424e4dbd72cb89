#include "audit/segment_span.hpp"

#include "audit/line_reader.hpp"
#include "audit/record.hpp"

namespace sallyport::audit {

std::optional<SegmentSpans::Start> SegmentSpans::start_of(std::size_t index) const {
    auto lines = LineReader::open(segments_[index].path);
    if (!lines) return std::nullopt;
    const auto line = lines->next();
    if (!line || !*line || !(*line)->whole) return std::nullopt;
    const auto record = parse_record((*line)->bytes);
    if (!record) return std::nullopt;
    return Start{.instant = {.wall = record->time, .mono = record->mono}, .boot = record->boot};
}

/// Whether the wall clock ran as time did from the start of this segment to that of the next. Else
/// its first and last moment say nothing about those between.
bool SegmentSpans::is_steady(std::size_t index) {
    if (index + 1 >= segments_.size()) return false;
    if (at_ != index) {
        start_ = at_ && *at_ + 1 == index ? std::move(next_) : start_of(index);
        next_ = start_of(index + 1);
        at_ = index;
    }
    if (!start_ || !next_ || start_->boot != next_->boot) return false;
    ClockWatch watch;
    static_cast<void>(watch.observe(start_->instant));
    return !watch.observe(next_->instant);
}

bool SegmentSpans::ends_before(std::size_t index, WallTime time) {
    return is_steady(index) && next_->instant.wall < time && start_->instant.wall < time;
}

bool SegmentSpans::begins_at_or_after(std::size_t index, WallTime time) {
    return is_steady(index) && start_->instant.wall >= time && next_->instant.wall >= time;
}

}  // namespace sallyport::audit
