#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the service manager (systemd) hears of us: the protocol of sd_notify(3), one datagram for
/// each message to the socket that $NOTIFY_SOCKET names. Outside of it these do nothing.
namespace sallyport::daemon {

/// Also after notify_reloading(). An empty status leaves the one before.
void notify_ready(const std::string& status = {});
void notify_reloading();
void notify_stopping();
/// One line for people: `systemctl status` shows it.
void notify_status(const std::string& status);
/// That every event loop turns: without it for as long as watchdog_time() the service is killed and
/// started again.
void notify_alive();
/// For the end: from now on only TimeoutStopSec= bounds how long this process takes.
void notify_no_watchdog();

/// How long the service manager waits for notify_alive(); none: it does not wait for it.
std::optional<std::chrono::microseconds> watchdog_time();
/// Likewise, of the values of $WATCHDOG_USEC and $WATCHDOG_PID (empty: not set) in process `own`:
/// sd_watchdog_enabled(3). A number of 0 or above an hour, or none, counts as not set.
std::optional<std::chrono::microseconds> watchdog_time(std::string_view usec, std::string_view pid,
                                                       std::uint64_t own);

}  // namespace sallyport::daemon
