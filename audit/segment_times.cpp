#include "audit/segment_times.hpp"

#include "audit/line_head.hpp"

namespace sallyport::audit {

Result<std::optional<WallTime>> SegmentTimes::of(Sequence sequence) {
    if (!lines_) {
        auto opened = LineReader::open(path_);
        if (!opened) return opened.error();
        lines_.emplace(std::move(*opened));
    }
    while (true) {
        const auto line = lines_->next();
        if (!line && !is_damage(line.error())) return line.error();
        if (!line || !*line) return std::optional<WallTime>();
        const auto head = head_of((*line)->bytes);
        if (!head || head->sequence < sequence) continue;
        if (head->sequence > sequence) return std::optional<WallTime>();
        const auto time = parse_rfc3339(head->time);
        return time ? std::optional(*time) : std::nullopt;
    }
}

}  // namespace sallyport::audit
