#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <filesystem>

namespace sallyport::audit {

/// Tells when files in a folder are made or grow (inotify(7)). What happens after open() is not
/// missed, so: open, read, then wait.
class FolderWatch {
public:
    static Result<FolderWatch> open(const std::filesystem::path& folder);

    /// Blocks until something happened since the call before. Errors: Errc::closed if the folder
    /// was removed; the operating system's.
    Result<void> wait();

private:
    explicit FolderWatch(FileDescriptor file) : file_(std::move(file)) {}
    FileDescriptor file_;
};

}  // namespace sallyport::audit
