#pragma once

#include "audit/composer.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Bytes that stood behind the last record and were moved out of the log.
struct Torn {
    std::string file;         // of the log
    std::uint64_t bytes = 0;  // moved
    std::uint64_t lines = 0;  // whole lines among them
    std::string sha256;
    std::string copy;  // file name
};

struct Recovered {
    LogState state;
    std::string boot;                // of the last record; its instant is state.last_instant
    std::optional<Segment> segment;  // to go on in; none if the next record opens a new one
    std::vector<Torn> torn;
};

/// A byte in a segment.
struct Place {
    Sequence segment = 0;  // the first record of it
    std::uint64_t offset = 0;
};

/// Finds the end of the log in `folder` and what was open there. Everything behind the last record
/// that can be read is copied to `<segment>.<offset>.torn`, made durable, and cut off; empty
/// segments at the end are removed. What is disclosed of records that are not there is deleted.
/// What stands at `unsound` or behind counts as unreadable. Reads no further back than the oldest
/// open exchange. Nothing else may write there meanwhile.
Result<Recovered> recover(const std::filesystem::path& folder,
                          const std::optional<Place>& unsound = {});

}  // namespace sallyport::audit
