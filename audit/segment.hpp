#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

inline constexpr std::string_view compressed_extension = ".gz";

/// One file of the log: `<sequence of its first record, 20 digits>.jsonl`, or `.jsonl.gz`.
struct Segment {
    std::filesystem::path path;
    Sequence first = 0;
    std::uint64_t bytes = 0;  // of the file

    bool compressed() const;
};

/// Of the one that is being written.
std::string segment_name(Sequence first);

bool is_compressed(std::string_view name);

/// The segments of a log in their order. Where one is there in both forms, the plain one is taken:
/// it is being compressed, or what stopped that left a part. Other files in the folder are left
/// out. Errors: the operating system's.
Result<std::vector<Segment>> list_segments(const std::filesystem::path& folder);

}  // namespace sallyport::audit
