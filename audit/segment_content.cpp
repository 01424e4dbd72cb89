#include "audit/segment_content.hpp"

#include "audit/segment.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {
namespace {

FileDescriptor open_to_read(const std::filesystem::path& path) {
    return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

}  // namespace

SegmentContent::SegmentContent(FileDescriptor file, std::string name) : name_(std::move(name)) {
    if (is_compressed(name_))
        compressed_.emplace(std::move(file), name_);
    else
        plain_ = std::move(file);
}

Result<SegmentContent> SegmentContent::open(const std::filesystem::path& path,
                                            std::uint64_t offset) {
    auto name = path.string();
    auto file = open_to_read(path);
    if (!file && errno == ENOENT && !is_compressed(name)) {
        file = open_to_read(name + std::string(compressed_extension));
        if (file) name += compressed_extension;
    }
    if (!file) return os_error("open " + name);
    SegmentContent content(std::move(file), std::move(name));
    if (auto skipped = content.skip(offset); !skipped) return skipped.error();
    return content;
}

Result<void> SegmentContent::skip(std::uint64_t bytes) {
    if (bytes == 0) return {};
    if (plain_) {
        if (::lseek(plain_.get(), static_cast<off_t>(bytes), SEEK_SET) >= 0) return {};
        return os_error("seek in " + name_);
    }
    std::vector<char> unwanted(64 * 1024);
    while (bytes > 0) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, unwanted.size()));
        const auto count = compressed_->read(std::span(unwanted).first(size));
        if (!count) return count.error();
        if (*count == 0) return {};
        bytes -= *count;
    }
    return {};
}

Result<std::size_t> SegmentContent::read(std::span<char> into) {
    if (compressed_) return compressed_->read(into);
    while (true) {
        const auto count = ::read(plain_.get(), into.data(), into.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return os_error("read " + name_);
    }
}

bool is_damage(const Error& error) {
    return error.code == Errc::malformed || error.code == Errc::cut;
}

}  // namespace sallyport::audit
