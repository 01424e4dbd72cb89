#include "audit/folder_lock.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace sallyport::audit {
namespace {

constexpr mode_t folder_mode = 0750;

}  // namespace

Result<FileDescriptor> lock_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        if (auto made = make_folder(folder, folder_mode); !made) return made.error();
    FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file) return os_error("open the folder " + folder.string());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK) return os_error("lock the folder " + folder.string());
    return Error{Errc::conflict, "another process writes the audit log in " + folder.string() +
                                     "; stop it, or give this one its own state_dir"};
}

}  // namespace sallyport::audit
