#pragma once

#include "daemon/admin_caller.hpp"
#include "http/h1_connection.hpp"
#include "http/server_limits.hpp"
#include "http/simple_service.hpp"
#include "net/idle_sweep.hpp"
#include "net/listener.hpp"
#include "net/task_group.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace sallyport::daemon {

/// Local administration: HTTP over a Unix socket, for the command line and nobody else. Who may
/// open the socket (0660, its group) may administer. Lives on the control loop.
class AdminServer {
public:
    static constexpr std::size_t connections_max = 64;

    /// A coroutine: it may wait. References stay valid until it ends.
    using Handler =
        std::function<net::Task<http::SimpleResponse>(const http::SimpleRequest&, AdminCaller)>;

    AdminServer(net::Loop& loop, net::IdleSweep& sweep, Handler handler);

    /// Makes the socket and its folder. Errors: the operating system's, with what to do.
    Result<void> listen(const std::filesystem::path& socket);
    net::Task<void> stop();

private:
    net::Task<void> serve(FileDescriptor socket);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Handler handler_;
    http::ServerLimits limits_;
    net::TaskGroup connections_;
    std::unique_ptr<net::Listener> listener_;
};

/// {"error": {"code", "message"}}, which AdminClient turns into an Error.
http::SimpleResponse admin_error(int status, std::string_view code, std::string_view message);

}  // namespace sallyport::daemon
