#include "forward/log_watch.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <sys/inotify.h>
#include <unistd.h>

namespace sallyport::forward {

LogWatch::~LogWatch() { close(); }

void LogWatch::close() {
    if (file_) loop_.poller.remove(file_.get(), *this);
    file_.close();
}

Result<void> LogWatch::listen() {
    if (!file_) {
        FileDescriptor file(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!file) return os_error("watch " + folder_.string());
        constexpr std::uint32_t events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF;
        if (::inotify_add_watch(file.get(), folder_.c_str(), events | IN_ONLYDIR) < 0)
            return os_error("watch the folder " + folder_.string());
        if (auto added = loop_.poller.add(file.get(), *this); !added) return added;
        file_ = std::move(file);
    }
    alignas(inotify_event) char buffer[16 * 1024];
    while (true) {
        const auto count = ::read(file_.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return {};
        for (ssize_t at = 0; at < count;) {
            inotify_event event;
            std::memcpy(&event, buffer + at, sizeof event);
            if ((event.mask & (IN_DELETE_SELF | IN_IGNORED)) != 0) {
                close();
                return Error{Errc::closed, "the folder of the audit log was removed"};
            }
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
}

void LogWatch::on_events(std::uint32_t /*events*/) { event_.set(); }

}  // namespace sallyport::forward
