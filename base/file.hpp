#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <utility>

namespace sallyport {

/// Owns a file descriptor.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void close();
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// The whole file as text. Errors: the operating system's, or Errc::limit above `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t bytes_max = 16 * 1024 * 1024);

/// Replaces `path` so that after a crash there is either the old or the new content: temporary
/// file, write, fsync, rename, fsync of the folder. The file has exactly `mode`.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode);

/// Makes names created or renamed in `folder` durable.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Creates `folder` and its parents if missing; the last one gets `mode`.
Result<void> make_folder(const std::filesystem::path& folder, mode_t mode);

}  // namespace sallyport
