#include "backup/extract.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/write_all.hpp"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::backup {
namespace {

constexpr std::size_t extract_bytes = 64 * 1024;

class NewFile {
public:
    static Result<NewFile> create(std::filesystem::path path) {
        std::error_code failure;
        std::filesystem::create_directories(path.parent_path(), failure);
        if (failure) return Error{failure, "create folder " + path.parent_path().string()};
        NewFile made(std::move(path));
        made.file_ = FileDescriptor(
            ::open(made.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!made.file_) return os_error("create " + made.path_.string());
        return made;
    }

    Result<void> append(std::string_view bytes) {
        return write_all(file_.get(), bytes, path_.string());
    }

    Result<void> finish(mode_t mode) {
        if (::fchmod(file_.get(), mode) != 0) return os_error("chmod " + path_.string());
        if (::fsync(file_.get()) != 0) return os_error("fsync " + path_.string());
        return {};
    }

private:
    explicit NewFile(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
    FileDescriptor file_;
};

}  // namespace

Result<void> extract(ArchiveReader& archive, const Entry& entry,
                     const std::filesystem::path& folder, mode_t mode) {
    auto file = NewFile::create(folder / entry.name);
    if (!file) return file.error();
    std::array<char, extract_bytes> buffer{};
    while (true) {
        const auto count = archive.read(buffer);
        if (!count) return count.error();
        if (*count == 0) return file->finish(mode);
        if (auto written = file->append({buffer.data(), *count}); !written) return written;
    }
}

Result<void> extract(std::string_view content, std::string_view name,
                     const std::filesystem::path& folder, mode_t mode) {
    auto file = NewFile::create(folder / name);
    if (!file) return file.error();
    if (auto written = file->append(content); !written) return written;
    return file->finish(mode);
}

}  // namespace sallyport::backup
