#pragma once

#include "audit/query_filter.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// A record that may belong to a finding.
struct Candidate {
    enum class Kind { begin, end, single };
    Kind kind = Kind::single;
    Sequence begin = 0;  // of an end: where its begin stands
    /// An end without it does not match: its begin, which an earlier segment has, need not wait.
    std::optional<Record> record{};
    std::string line{};
};

/// What a segment has for a query, in the order of its records.
struct SegmentFindings {
    std::vector<Candidate> candidates{};
    std::uint64_t unreadable = 0;
    bool damaged = false;                // it cannot be read to its end
    std::optional<Sequence> left_out{};  // the first begin or single record there was no room for
};

/// Reads one segment and parses only what the bytes of a line do not exclude. A begin whose end is
/// in the same segment and does not match is left out. No more lines are held than
/// `room_bytes`, but for one and for ends of those that are. Errors: the operating system's.
Result<SegmentFindings> scan_segment(
    const Segment& segment, const Filter& filter,
    std::size_t room_bytes = std::numeric_limits<std::size_t>::max());

}  // namespace sallyport::audit
