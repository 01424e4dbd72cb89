#pragma once

#include "audit/clock.hpp"
#include "audit/segment.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// When segments were written, read off their first records, so that a query need not open those
/// of another time.
class SegmentSpans {
public:
    explicit SegmentSpans(const std::vector<Segment>& segments) : segments_(segments) {}

    /// Whether all records of the segment are surely older. Never known of the last one.
    bool ends_before(std::size_t index, WallTime time);
    /// Whether all of them are surely not older.
    bool begins_at_or_after(std::size_t index, WallTime time);

private:
    struct Start {
        Instant instant;
        std::string boot;
    };
    std::optional<Start> start_of(std::size_t index) const;
    bool is_steady(std::size_t index);

    const std::vector<Segment>& segments_;
    std::optional<std::size_t> at_;  // whose starts these are
    std::optional<Start> start_;
    std::optional<Start> next_;
};

}  // namespace sallyport::audit
