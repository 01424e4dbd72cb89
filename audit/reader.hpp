#pragma once

#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

namespace sallyport::audit {

/// Reads the lines of all segments of a log, oldest first, in bounded memory. Takes no lock: a log
/// can be read while it is written.
class Reader {
public:
    /// Errors: the operating system's. A folder without a segment reads as an empty log.
    static Result<Reader> open(const std::filesystem::path& folder);
    /// Reads only `segments`.
    explicit Reader(std::vector<Segment> segments) : segments_(std::move(segments)) {}

    /// The next line, valid until the call after; nullopt at the end. After an error that
    /// is_damage() the following call goes on with the next segment.
    Result<std::optional<RawLine>> next();

    /// The segment of the line that next() gave last.
    const Segment& segment() const { return segments_[current_]; }
    std::size_t segment_index() const { return current_; }
    bool in_last_segment() const { return current_ + 1 == segments_.size(); }
    const std::vector<Segment>& segments() const { return segments_; }

private:
    std::vector<Segment> segments_;
    std::size_t current_ = 0;
    std::optional<LineReader> lines_;
    bool damaged_ = false;  // the current segment cannot be read on
};

}  // namespace sallyport::audit
