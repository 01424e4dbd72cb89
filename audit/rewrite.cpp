#include "audit/rewrite.hpp"

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

Result<void> rewrite(const std::filesystem::path& path) {
    // Not opened to append: pwrite(2) would then write at the end.
    const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + path.string());
    std::vector<char> chunk(1024 * 1024);
    for (off_t offset = 0;;) {
        const auto count = ::pread(file.get(), chunk.data(), chunk.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + path.string());
        if (count == 0) break;
        const std::string_view bytes(chunk.data(), static_cast<std::size_t>(count));
        if (auto written = write_at(file, bytes, offset); !written)
            return Error{written.error().code, written.error().detail + " " + path.string()};
        offset += count;
    }
    if (::fsync(file.get()) != 0) return os_error("fsync " + path.string());
    return {};
}

}  // namespace

Result<void> rewrite_segments(const std::filesystem::path& folder, Sequence since) {
    const auto segments = list_segments(folder);
    if (!segments) return segments.error();
    for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
        if (auto done = rewrite(segment->path); !done) return done;
        if (segment->first <= since) break;
    }
    return sync_folder(folder);
}

}  // namespace sallyport::audit
