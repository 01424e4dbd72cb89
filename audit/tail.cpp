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

/// Reads over up to `count` whole lines; gives how many there were, and where the next one begins.
struct Passed {
    std::uint64_t lines = 0;
    std::uint64_t end = 0;
};
Result<Passed> pass_lines(const std::filesystem::path& path, std::uint64_t count) {
    auto reader = LineReader::open(path);
    if (!reader) return reader.error();
    Passed passed;
    while (passed.lines < count) {
        const auto line = reader->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) break;
        ++passed.lines;
        passed.end = (*line)->offset + (*line)->length;
    }
    return passed;
}

/// find_start() of a compressed segment, which can only be read forwards.
Result<std::uint64_t> find_start_forwards(const Segment& segment, std::uint64_t& lines) {
    const auto all = pass_lines(segment.path, not_recorded);
    if (!all) return all.error();
    const auto before = all->lines > lines ? all->lines - lines : 0;
    lines -= all->lines - before;
    const auto passed = pass_lines(segment.path, before);
    if (!passed) return passed.error();
    return passed->end;
}

/// Where the last `lines` whole lines of a file begin; `lines` becomes how many it lacked.
Result<std::uint64_t> find_start(const Segment& segment, std::uint64_t& lines) {
    if (segment.compressed()) return find_start_forwards(segment, lines);
    const FileDescriptor file(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) return find_start_forwards(segment, lines);  // compressed now
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
        if (segment->bytes == 0) continue;
        const auto start = find_start(*segment, lines);
        if (!start) return start.error();
        tail.stand_at(*segment, *start);
        if (lines == 0) break;
    }
    return tail;
}

void Tail::stand_at(const Segment& segment, std::uint64_t offset) {
    segment_ = segment.path;
    first_ = segment.first;
    offset_ = offset;
    disclosures_.emplace(disclosures_path(segment));
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
        const auto joined = join((*line)->bytes, *disclosures_);
        if (!joined) return joined.error();
        emit(*joined);
    }
}

Result<void> Tail::read(const std::function<void(std::string_view)>& emit) {
    while (true) {
        // The segments are listed first: when one after ours had records, ours was finished. It
        // may be there before that, but is empty then.
        const auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        if (auto done = read_segment(emit); !done) return done;
        const auto next =
            std::find_if(segments->begin(), segments->end(), [this](const Segment& segment) {
                return segment.bytes > 0 && (segment_.empty() || segment.first > first_);
            });
        if (next == segments->end()) return {};
        stand_at(*next, 0);
    }
}

}  // namespace sallyport::audit
