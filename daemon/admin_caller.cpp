#include "daemon/admin_caller.hpp"

#include <sys/socket.h>

namespace sallyport::daemon {

AdminCaller caller_of(int socket) {
    constexpr uid_t nobody = 65'534;
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {nobody};
    return {credentials.uid};
}

}  // namespace sallyport::daemon
