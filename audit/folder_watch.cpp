#include "audit/folder_watch.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <sys/inotify.h>
#include <unistd.h>

namespace sallyport::audit {

Result<FolderWatch> FolderWatch::open(const std::filesystem::path& folder) {
    FileDescriptor file(::inotify_init1(IN_CLOEXEC));
    if (!file) return os_error("watch " + folder.string());
    constexpr std::uint32_t events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF;
    if (::inotify_add_watch(file.get(), folder.c_str(), events | IN_ONLYDIR) < 0)
        return os_error("watch the folder " + folder.string());
    return FolderWatch(std::move(file));
}

Result<void> FolderWatch::wait() {
    alignas(inotify_event) char buffer[16 * 1024];
    ssize_t count = 0;
    do count = ::read(file_.get(), buffer, sizeof buffer);
    while (count < 0 && errno == EINTR);
    if (count < 0) return os_error("watch the folder of the audit log");
    for (ssize_t at = 0; at < count;) {
        inotify_event event;
        std::memcpy(&event, buffer + at, sizeof event);
        if ((event.mask & (IN_DELETE_SELF | IN_IGNORED)) != 0)
            return Error{Errc::closed, "the folder of the audit log was removed"};
        at += static_cast<ssize_t>(sizeof event + event.len);
    }
    return {};
}

}  // namespace sallyport::audit
