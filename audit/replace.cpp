#include "audit/replace.hpp"

#include "audit/disk.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::audit {
namespace {

Result<void> write_durably(const std::filesystem::path& path, std::string_view content,
                           mode_t mode) {
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) return os_error("create " + path.string());
    if (::fchmod(file.get(), mode) != 0) return os_error("chmod " + path.string());
    while (!content.empty()) {
        const auto count = Disk::system().write(file.get(), as_bytes(content));
        if (!count) return Error{count.error().code, count.error().detail + " " + path.string()};
        content.remove_prefix(*count);
    }
    return Disk::system().sync(file.get());
}

}  // namespace

std::filesystem::path unfinished_name(const std::filesystem::path& path) {
    return path.string() + ".tmp";
}

Result<void> replace(const std::filesystem::path& path, std::string_view content, mode_t mode) {
    const auto unfinished = unfinished_name(path);
    auto done = write_durably(unfinished, content, mode);
    if (done && std::rename(unfinished.c_str(), path.c_str()) != 0)
        done = os_error("rename " + unfinished.string());
    if (done) return sync_folder(path.parent_path());
    static_cast<void>(::unlink(unfinished.c_str()));
    return done;
}

}  // namespace sallyport::audit
