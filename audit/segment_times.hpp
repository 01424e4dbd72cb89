#pragma once

#include "audit/clock.hpp"
#include "audit/line_reader.hpp"
#include "audit/log.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <optional>

namespace sallyport::audit {

/// When records of a segment were made, asked for in their order; reads the file once.
class SegmentTimes {
public:
    explicit SegmentTimes(std::filesystem::path path) : path_(std::move(path)) {}

    /// nullopt if the segment does not tell. Errors: those of LineReader.
    Result<std::optional<WallTime>> of(Sequence sequence);

private:
    std::filesystem::path path_;
    std::optional<LineReader> lines_;
};

}  // namespace sallyport::audit
