#include "daemon/service_manager.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

namespace sallyport::daemon {

void notify_ready(const std::string& status) {
    ::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void notify_reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto usec = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
    ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec)).c_str());
}

void notify_stopping() { ::sd_notify(0, "STOPPING=1"); }

void notify_status(const std::string& status) { ::sd_notify(0, ("STATUS=" + status).c_str()); }

}  // namespace sallyport::daemon
