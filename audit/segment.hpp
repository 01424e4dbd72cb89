#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// One file of the log: `<sequence of its first record, 20 digits>.jsonl`.
struct Segment {
    std::filesystem::path path;
    Sequence first = 0;
    std::uint64_t bytes = 0;
};

std::string segment_name(Sequence first);

/// The segments of a log in their order. Other files in the folder are left out. Errors: the
/// operating system's.
Result<std::vector<Segment>> list_segments(const std::filesystem::path& folder);

}  // namespace sallyport::audit
