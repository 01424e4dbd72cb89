#include "audit/export_folder.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/write_all.hpp"

#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace sallyport::audit {
namespace {

constexpr mode_t export_folder_mode = 0750;
constexpr mode_t export_file_mode = 0640;
constexpr std::size_t output_bytes = 64 * 1024;
constexpr int window_bits_gzip = 15 + 16;  // zlib.h: 16 more writes a gzip header
constexpr int memory_level = 8;            // zlib's own

Result<FileDescriptor> open_folder(int at, const std::string& name) {
    FileDescriptor folder(
        ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder) return os_error("open the folder " + name);
    return folder;
}

}  // namespace

void CompressedFile::End::operator()(z_stream_s* stream) const {
    deflateEnd(stream);
    delete stream;
}

CompressedFile::CompressedFile(std::string name, FileDescriptor file)
    : name_(std::move(name)),
      file_(std::move(file)),
      stream_(new z_stream{}),
      output_(output_bytes) {}

Result<void> CompressedFile::write(std::string_view content) {
    // zlib takes the pointer as one to something it may change, and does not.
    stream_->next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(content.data()));
    stream_->avail_in = static_cast<unsigned>(content.size());
    return deflate(Z_NO_FLUSH);
}

Result<void> CompressedFile::deflate(int flush) {
    do {
        stream_->next_out = output_.data();
        stream_->avail_out = static_cast<unsigned>(output_.size());
        if (::deflate(stream_.get(), flush) == Z_STREAM_ERROR)
            return Error{Errc::failed, "compress " + name_};
        const auto made =
            std::as_bytes(std::span(output_).first(output_.size() - stream_->avail_out));
        if (made.empty()) break;
        hasher_.update(made);
        bytes_ += made.size();
        if (auto written = write_all(file_.get(), as_text(made), name_); !written) return written;
    } while (stream_->avail_out == 0);
    return {};
}

Result<ExportedFile> CompressedFile::finish() {
    if (auto done = write({}); !done) return done.error();
    if (auto done = deflate(Z_FINISH); !done) return done.error();
    return ExportedFile{name_, bytes_, to_hex(hasher_.finish())};
}

/// Whoever owns the folder around it may put another one in its place.
Result<ExportFolder> ExportFolder::create(const std::filesystem::path& path) {
    if (::mkdir(path.c_str(), export_folder_mode) != 0) {
        if (errno == EEXIST)
            return Error{Errc::conflict, path.string() + " is there already; name a new folder"};
        return os_error("make the folder " + path.string());
    }
    auto folder = open_folder(AT_FDCWD, path.string());
    if (!folder) return folder.error();
    struct stat facts {};
    if (::fstat(folder->get(), &facts) != 0) return os_error("look at " + path.string());
    if (facts.st_uid != ::geteuid())
        return Error{Errc::conflict, path.string() + " was put in the place of the new folder"};
    return ExportFolder(path, std::move(*folder));
}

/// Never by the path: from one folder to the next, through no link.
Result<FileDescriptor> ExportFolder::make(const std::string& name) const {
    const std::filesystem::path below(name);
    FileDescriptor inner;
    int at = folder_.get();
    for (const auto& part : below.parent_path()) {
        if (::mkdirat(at, part.c_str(), export_folder_mode) != 0 && errno != EEXIST)
            return os_error("make the folder of " + (path_ / below).string());
        auto next = open_folder(at, part.string());
        if (!next) return next.error();
        inner = std::move(*next);
        at = inner.get();
    }
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    FileDescriptor file(::openat(at, below.filename().c_str(), flags, export_file_mode));
    if (!file) return os_error("create " + (path_ / below).string());
    return file;
}

Result<void> ExportFolder::add(const std::string& name, std::string_view content) {
    const auto file = make(name);
    if (!file) return file.error();
    if (auto written = write_all(file->get(), content, name); !written) return written;
    add({name, content.size(), to_hex(certs::sha256(as_bytes(content)))});
    return {};
}

Result<CompressedFile> ExportFolder::open_compressed(const std::string& name) {
    auto file = make(name);
    if (!file) return file.error();
    CompressedFile made(name, std::move(*file));
    if (deflateInit2(made.stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits_gzip,
                     memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        return Error{Errc::failed, "compress " + name};
    return made;
}

Result<void> ExportFolder::finish() const {
    if (::syncfs(folder_.get()) != 0) return os_error("sync " + path_.string());
    return {};
}

}  // namespace sallyport::audit
