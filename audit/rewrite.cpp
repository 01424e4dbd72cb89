#include "audit/rewrite.hpp"

#include "audit/disclosure.hpp"
#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {
namespace {

Result<void> write_at(const FileDescriptor& file, std::string_view bytes, off_t offset) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(file.get(), bytes.data(), bytes.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("write");
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += count;
    }
    return {};
}

/// Where the first line stands that speaks of record `since` or a later one.
Result<std::uint64_t> disclosed_from(const std::filesystem::path& path, Sequence since) {
    auto lines = LineReader::open(path);
    if (!lines && lines.error().code == boost::system::errc::no_such_file_or_directory) return 0U;
    if (!lines) return lines.error();
    for (std::uint64_t end = 0;;) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line) return end;
        const auto sequence = disclosed_sequence((*line)->bytes);
        if (!sequence || *sequence >= since) return (*line)->offset;
        end = (*line)->offset + (*line)->length;
    }
}

}  // namespace

Result<void> rewrite_file(const std::filesystem::path& path, std::uint64_t from, Disk& disk) {
    // Not opened to append: pwrite(2) would then write at the end.
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) return {};
    if (!file) return os_error("open " + path.string());
    std::vector<char> chunk(1024 * 1024);
    for (auto offset = static_cast<off_t>(from);;) {
        const auto count = ::pread(file.get(), chunk.data(), chunk.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + path.string());
        if (count == 0) break;
        const std::string_view bytes(chunk.data(), static_cast<std::size_t>(count));
        if (auto written = write_at(file, bytes, offset); !written)
            return Error{written.error().code, written.error().detail + " " + path.string()};
        offset += count;
    }
    if (auto synced = disk.sync(file.get()); !synced)
        return Error{synced.error().code, synced.error().detail + " " + path.string()};
    return {};
}

Result<void> rewrite_segments(const std::filesystem::path& folder, const Place& from,
                              Sequence since, Disk& disk) {
    const auto segments = list_segments(folder);
    if (!segments) return segments.error();
    for (const auto& segment : *segments) {
        // One that was compressed was durable before.
        if (segment.first < from.segment || segment.compressed()) continue;
        const auto disclosures = disclosures_path(segment);
        const bool is_first = segment.first == from.segment;
        const auto disclosed =
            is_first ? disclosed_from(disclosures, since) : Result<std::uint64_t>(0U);
        if (!disclosed) return disclosed.error();
        if (auto done = rewrite_file(disclosures, *disclosed, disk); !done) return done;
        if (auto done = rewrite_file(segment.path, is_first ? from.offset : 0, disk); !done)
            return done;
    }
    return sync_folder(folder);
}

}  // namespace sallyport::audit
