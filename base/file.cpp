#include "base/file.hpp"

#include "base/error.hpp"
#include "base/write_all.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
}

void FileDescriptor::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return os_error("open " + path.string());
    std::string content;
    char chunk[16 * 1024];
    while (true) {
        const auto count = ::read(file.get(), chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + path.string());
        if (count == 0) return content;
        content.append(chunk, static_cast<std::size_t>(count));
        if (content.size() > bytes_max)
            return Error{Errc::limit,
                         path.string() + " has more than " + std::to_string(bytes_max) + " bytes"};
    }
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content,
                          mode_t mode) {
    auto temporary = path.string() + ".XXXXXX";
    FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file) return os_error("create a file beside " + path.string());
    const auto give_up = [&](Error error) {
        ::unlink(temporary.c_str());
        return error;
    };
    if (::fchmod(file.get(), mode) != 0) return give_up(os_error("chmod " + temporary));
    if (auto written = write_all(file.get(), content, temporary); !written)
        return give_up(written.error());
    if (::fsync(file.get()) != 0) return give_up(os_error("fsync " + temporary));
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return give_up(os_error("rename " + temporary + " to " + path.string()));
    return sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

Result<void> sync_folder(const std::filesystem::path& folder) {
    const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return os_error("open folder " + folder.string());
    if (::fsync(fd.get()) != 0) return os_error("fsync folder " + folder.string());
    return {};
}

Result<void> make_folder(const std::filesystem::path& folder, mode_t mode) {
    std::error_code failure;
    if (folder.has_parent_path())
        std::filesystem::create_directories(folder.parent_path(), failure);
    if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST)
        return os_error("create folder " + folder.string());
    if (::chmod(folder.c_str(), mode) != 0) return os_error("chmod " + folder.string());
    return {};
}

}  // namespace sallyport
