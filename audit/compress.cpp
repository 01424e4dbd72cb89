#include "audit/compress.hpp"

#include "audit/gzip_reader.hpp"
#include "audit/replace.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <libdeflate.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {
namespace {

constexpr mode_t compressed_mode = 0640;
/// Between two of them it rests, and may be stopped; each becomes a member of the gzip file (RFC
/// 1952 section 2.2). A larger one makes the file hardly smaller.
constexpr std::size_t chunk_bytes = 256 * 1024;
/// libdeflate's fastest. Of records it leaves as little as zlib's usual level does, and takes a
/// fifth of the time: what is compressed is paid for by every request.
constexpr int compression_level = 1;
constexpr std::string_view temporary_extension = ".tmp";

/// What a file holds, uncompressed.
struct Content {
    certs::Sha256 digest{};
    std::uint64_t bytes = 0;
    friend bool operator==(const Content&, const Content&) = default;
};

/// Compresses what it is given into a file.
class Deflater {
public:
    Deflater(int file, Disk& disk)
        : file_(file), disk_(disk), compressor_(::libdeflate_alloc_compressor(compression_level)) {
        if (compressor_)
            output_.resize(::libdeflate_gzip_compress_bound(compressor_.get(), chunk_bytes));
    }

    /// At most chunk_bytes.
    Result<void> add(std::string_view bytes) {
        if (!compressor_) return Error{Errc::failed, "no memory to compress with"};
        const auto made = ::libdeflate_gzip_compress(compressor_.get(), bytes.data(), bytes.size(),
                                                     output_.data(), output_.size());
        if (made == 0) return Error{Errc::failed, "libdeflate cannot compress"};
        return write(std::as_bytes(std::span(output_).first(made)));
    }

private:
    struct Free {
        void operator()(libdeflate_compressor* compressor) const {
            ::libdeflate_free_compressor(compressor);
        }
    };

    Result<void> write(BytesView left) {
        while (!left.empty()) {
            const auto count = disk_.write(file_, left);
            if (!count) return count.error();
            if (*count == 0) return Error{Errc::failed, "nothing could be written"};
            left = left.subspan(*count);
        }
        return {};
    }

    int file_;
    Disk& disk_;
    std::unique_ptr<libdeflate_compressor, Free> compressor_;
    std::vector<char> output_;
};

Error aborted() { return {Errc::aborted, "the compression was stopped"}; }

Result<Content> write_compressed(const Segment& segment, int to, Disk& disk,
                                 const std::function<bool()>& goes_on) {
    const FileDescriptor from(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!from) return os_error("open " + segment.path.string());
    Deflater deflater(to, disk);
    certs::Sha256Hasher hasher;
    Content content;
    std::vector<char> chunk(chunk_bytes);
    while (true) {
        if (!goes_on()) return aborted();
        const auto count = ::read(from.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + segment.path.string());
        const std::string_view bytes(chunk.data(), static_cast<std::size_t>(count));
        if (bytes.empty() && content.bytes > 0) break;
        if (auto added = deflater.add(bytes); !added) return added.error();
        if (bytes.empty()) break;  // and not even that is no gzip file
        hasher.update(as_bytes(bytes));
        content.bytes += bytes.size();
    }
    content.digest = hasher.finish();
    return content;
}

/// What the compressed file gives back, from the disk and not from what the kernel still knows.
Result<Content> read_back(const std::filesystem::path& path, const std::function<bool()>& goes_on) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + path.string());
    static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED));
    GzipReader reader(std::move(file), path.string());
    certs::Sha256Hasher hasher;
    Content content;
    std::vector<char> chunk(chunk_bytes);
    while (true) {
        if (!goes_on()) return aborted();
        const auto count = reader.read(chunk);
        if (!count) return count.error();
        if (*count == 0) break;
        hasher.update(as_bytes(std::string_view(chunk.data(), *count)));
        content.bytes += *count;
    }
    content.digest = hasher.finish();
    return content;
}

Result<void> make_compressed(const Segment& segment, const std::filesystem::path& path, Disk& disk,
                             const std::function<bool()>& goes_on) {
    const FileDescriptor file(::open(
        path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, compressed_mode));
    if (!file) return os_error("create " + path.string());
    if (::fchmod(file.get(), compressed_mode) != 0) return os_error("chmod " + path.string());
    const auto content = write_compressed(segment, file.get(), disk, goes_on);
    if (!content) return content.error();
    if (auto synced = disk.sync(file.get()); !synced) return synced;
    const auto again = read_back(path, goes_on);
    if (!again) return again.error();
    if (*again == *content && content->bytes == segment.bytes) return {};
    return Error{Errc::malformed, path.string() + " does not give back what is in " +
                                      segment.path.filename().string() +
                                      ": the memory or the disk is not to be trusted"};
}

}  // namespace

Result<void> compress_segment(const Segment& segment, Disk& disk,
                              const std::function<bool()>& goes_on) {
    auto compressed = segment.path;
    compressed += compressed_extension;
    const auto temporary = unfinished_name(compressed);
    const auto folder = segment.path.parent_path();
    auto made = make_compressed(segment, temporary, disk, goes_on);
    if (made && ::rename(temporary.c_str(), compressed.c_str()) != 0)
        made = os_error("rename " + temporary.string());
    if (!made) {
        static_cast<void>(::unlink(temporary.c_str()));
        return made;
    }
    if (auto synced = sync_folder(folder); !synced) return synced;
    if (::unlink(segment.path.c_str()) != 0) return os_error("remove " + segment.path.string());
    return sync_folder(folder);
}

Result<void> remove_compression_leftovers(const std::filesystem::path& folder) {
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    std::vector<std::filesystem::path> leftovers;
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure))
        if (entry->path().native().ends_with(temporary_extension))
            leftovers.push_back(entry->path());
    if (failure) return Error{failure, "read the folder " + folder.string()};
    for (const auto& path : leftovers)
        if (::unlink(path.c_str()) != 0 && errno != ENOENT)
            return os_error("remove " + path.string());
    return {};
}

}  // namespace sallyport::audit
