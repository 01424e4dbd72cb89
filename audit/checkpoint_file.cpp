#include "audit/checkpoint_file.hpp"

#include "base/bytes.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

namespace sallyport::audit {
namespace {

constexpr std::string_view checkpoint_extension = ".cp";

/// What a write that did not come to its end leaves of a note.
bool is_torn(std::string_view rest) {
    if (rest.empty() || rest.size() > tlog::note_bytes_max) return false;
    const auto text = rest.find("\n\n");
    return text == rest.npos || rest.find('\n', text + 2) == rest.npos;
}

}  // namespace

std::string checkpoint_file_name(Sequence first) {
    return std::filesystem::path(segment_name(first)).stem().string() +
           std::string(checkpoint_extension);
}

Result<std::vector<Segment>> list_checkpoint_files(const std::filesystem::path& folder) {
    std::vector<Segment> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        if (!name.ends_with(checkpoint_extension)) continue;
        const auto first = parse_decimal(name.substr(0, name.size() - checkpoint_extension.size()));
        if (!first || checkpoint_file_name(*first) != name) continue;
        const auto bytes = std::filesystem::file_size(entry->path(), failure);
        if (failure == std::errc::no_such_file_or_directory) {  // removed meanwhile
            failure.clear();
            continue;
        }
        if (failure) break;
        files.push_back({.path = entry->path(), .first = *first, .bytes = bytes});
    }
    if (failure)
        return Error{boost::system::error_code(failure.value(), boost::system::system_category()),
                     "read the folder " + folder.string()};
    std::ranges::sort(files, {}, &Segment::first);
    return files;
}

NoteSpans split_notes(std::string_view content) {
    NoteSpans spans;
    auto rest = content;
    while (const auto note = tlog::take_note(rest)) spans.notes.push_back(*note);
    // After a loss of power, pages that did not come to the disk are read as zeros: the last note
    // may have its end without its beginning.
    if (rest.empty() && !spans.notes.empty() && spans.notes.back().find('\0') != content.npos) {
        rest = spans.notes.back();
        spans.notes.pop_back();
        spans.whole_bytes = content.size() - rest.size();
        spans.torn = true;
        return spans;
    }
    spans.whole_bytes = content.size() - rest.size();
    spans.torn = is_torn(rest);
    spans.damaged = !rest.empty() && !spans.torn;
    return spans;
}

}  // namespace sallyport::audit
