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
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// Local administration: HTTP over Unix sockets, for the command line and for monitors of this
/// machine. The kernel lets nobody but a socket's group (0660) connect, and what a caller may is
/// decided once more by who he is. Lives on the control loop.
class AdminServer {
public:
    static constexpr std::size_t connections_max = 64;  // of each socket

    /// A coroutine: it may wait. References stay valid until it ends.
    using Handler = std::function<net::Task<http::SimpleResponse>(const http::SimpleRequest&,
                                                                  const AdminCaller&)>;

    AdminServer(net::Loop& loop, net::IdleSweep& sweep, AdminGroups groups, Handler handler);
    ~AdminServer();

    /// Makes the socket and its folder, and beside it `view.sock` for those who may only look, if
    /// this machine has a group of them. Errors: the operating system's, with what to do.
    Result<void> listen(const std::filesystem::path& socket);
    net::Task<void> stop();

    /// Where those who may only look connect, if the admin socket is there.
    static std::filesystem::path view_socket(const std::filesystem::path& admin_socket);

private:
    struct Door;
    Result<void> open(const std::filesystem::path& socket, std::optional<gid_t> group,
                      AdminRight most);
    net::Task<void> serve(FileDescriptor socket, AdminRight most);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    AdminGroups groups_;
    Handler handler_;
    http::ServerLimits limits_;
    std::vector<std::unique_ptr<Door>> doors_;
};

/// {"error": {"code", "message"}}, which AdminClient turns into an Error.
http::SimpleResponse admin_error(int status, std::string_view code, std::string_view message);

}  // namespace sallyport::daemon
