// Written out, not linked: the protocol is stable and small, and libsystemd brings four libraries
// that compress into a process that holds keys.
#include "daemon/service_manager.hpp"

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "base/log.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr std::chrono::hours watchdog_max{1};
constexpr timeval send_time{.tv_sec = 2, .tv_usec = 0};  // its queue may be full for a moment

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);  // nobody changes it once threads run
    return value != nullptr ? value : "";
}

/// "/run/systemd/notify", or "@name" for one without a file.
void send_notice(std::string_view message) {
    const auto path = environment("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &send_time, sizeof send_time);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    if (::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, to, size) < 0)
        log::debug("service_manager.silent", {{"socket", path}});
}

}  // namespace

void notify_ready(const std::string& status) {
    send_notice(status.empty() ? "READY=1" : "READY=1\nSTATUS=" + status);
}

void notify_reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto usec = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
    send_notice("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec));
}

void notify_stopping() { send_notice("STOPPING=1\nSTATUS=finishes what runs"); }

void notify_status(const std::string& status) { send_notice("STATUS=" + status); }

void notify_alive() { send_notice("WATCHDOG=1"); }

void notify_no_watchdog() {
    send_notice("WATCHDOG_USEC=" + std::to_string(std::chrono::microseconds(watchdog_max).count()));
}

std::optional<std::chrono::microseconds> watchdog_time() {
    return watchdog_time(environment("WATCHDOG_USEC"), environment("WATCHDOG_PID"),
                         static_cast<std::uint64_t>(::getpid()));
}

std::optional<std::chrono::microseconds> watchdog_time(std::string_view usec, std::string_view pid,
                                                       std::uint64_t own) {
    constexpr auto max = std::chrono::microseconds(watchdog_max).count();
    const auto number = parse_decimal(usec);
    if (!number || *number == 0 || *number > static_cast<std::uint64_t>(max)) return std::nullopt;
    if (const auto meant = parse_decimal(pid); !pid.empty() && (!meant || *meant != own))
        return std::nullopt;  // it is said to another process
    return std::chrono::microseconds(*number);
}

}  // namespace sallyport::daemon
