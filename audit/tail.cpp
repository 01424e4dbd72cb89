#include "audit/tail.hpp"

#include "audit/line_reader.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {
namespace {

/// Where the last `lines` whole lines of a file begin; `lines` becomes how many it lacked.
Result<std::uint64_t> find_start(const Segment& segment, std::uint64_t& lines) {
    const FileDescriptor file(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + segment.path.string());
    std::vector<char> chunk(64 * 1024);
    bool behind_last_line = true;  // what follows the last newline is not a whole line
    for (auto end = segment.bytes; end > 0;) {
        const auto size = std::min<std::uint64_t>(chunk.size(), end);
        const auto count = ::pread(file.get(), chunk.data(), size, static_cast<off_t>(end - size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + segment.path.string());
        if (static_cast<std::uint64_t>(count) != size)
            return Error{Errc::cut, segment.path.string() + " became shorter"};
        for (auto i = size; i > 0; --i) {
            if (chunk[i - 1] != '\n') continue;
            if (!std::exchange(behind_last_line, false)) --lines;
            if (lines == 0) return end - size + i;
        }
        end -= size;
    }
    if (!behind_last_line && lines > 0) --lines;
    return 0U;
}

}  // namespace

Result<Tail> Tail::open(const std::filesystem::path& folder, std::uint64_t lines) {
    auto segments = list_segments(folder);
    if (!segments) return segments.error();
    Tail tail(folder);
    if (segments->empty()) return tail;
    for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
        const auto start = find_start(*segment, lines);
        if (!start) return start.error();
        tail.segment_ = segment->path;
        tail.first_ = segment->first;
        tail.offset_ = *start;
        if (lines == 0) break;
    }
    return tail;
}

Result<void> Tail::read_segment(const std::function<void(std::string_view)>& emit) {
    if (segment_.empty()) return {};
    auto lines = LineReader::open(segment_, offset_);
    if (!lines) return lines.error();
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) return {};
        offset_ += (*line)->length;
        emit((*line)->bytes);
    }
}

Result<void> Tail::read(const std::function<void(std::string_view)>& emit) {
    while (true) {
        // The segments are listed first: what is listed after ours was begun when ours was
        // finished.
        const auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        if (auto done = read_segment(emit); !done) return done;
        const auto next = std::find_if(
            segments->begin(), segments->end(),
            [this](const Segment& segment) { return segment_.empty() || segment.first > first_; });
        if (next == segments->end()) return {};
        segment_ = next->path;
        first_ = next->first;
        offset_ = 0;
    }
}

}  // namespace sallyport::audit
