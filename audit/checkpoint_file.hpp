// The checkpoints of a segment: signed notes one directly after the other in a file beside it.
#pragma once

#include "audit/segment.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// A note is about 250 bytes; there is one a second at most.
inline constexpr std::size_t checkpoint_file_bytes_max = 256 * 1024 * 1024;
/// A segment that has so many ends, so that no more come to stand there than can be read.
inline constexpr std::size_t checkpoint_file_bytes_enough = 64 * 1024 * 1024;

/// "00000000000000000000.cp" beside the segment that begins with record `first`.
std::string checkpoint_file_name(Sequence first);

/// The checkpoint files of a folder in the order of their segments.
Result<std::vector<Segment>> list_checkpoint_files(const std::filesystem::path& folder);

/// Where the notes in a file are. Pure: says nothing about what is in them.
struct NoteSpans {
    std::vector<std::string_view> notes{};  // each whole: text, empty line, signature lines
    std::size_t whole_bytes = 0;            // all of them
    bool torn = false;                      // the beginning of one follows, as a crash leaves it
    bool damaged = false;                   // something else follows
};
NoteSpans split_notes(std::string_view content);

}  // namespace sallyport::audit
