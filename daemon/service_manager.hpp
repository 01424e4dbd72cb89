#pragma once

#include <string>

/// What the service manager (systemd, sd_notify(3)) hears of us. Outside of it these do nothing.
namespace sallyport::daemon {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_status(const std::string& status);

}  // namespace sallyport::daemon
