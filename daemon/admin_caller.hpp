#pragma once

#include <string>
#include <sys/types.h>

namespace sallyport::daemon {

/// Who asks over the admin socket, as the kernel says.
struct AdminCaller {
    uid_t user = 0;

    /// "uid:1000"
    std::string text() const { return "uid:" + std::to_string(user); }
};

/// Of a connected Unix socket (SO_PEERCRED). Where the kernel does not say it: nobody (65534).
AdminCaller caller_of(int socket);

}  // namespace sallyport::daemon
