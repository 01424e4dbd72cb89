#include "daemon/admin_server.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/socket_duplex.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr uid_t same_owner = static_cast<uid_t>(-1);

/// Without it only root and the daemon's own user come in, so this is no reason not to start.
void give_to(const std::filesystem::path& socket, gid_t group) {
    if (::chown(socket.c_str(), same_owner, group) == 0) return;
    log::warn("admin.group", {{"socket", socket.string()},
                              {"group", group},
                              {"error", to_text(os_error("give the socket to its group"))},
                              {"do", "make the daemon's user a member of that group"}});
}

}  // namespace

/// One socket and who came through it. Those of one cannot keep others from another one.
struct AdminServer::Door {
    explicit Door(net::Loop& loop) : connections(loop) {}
    net::TaskGroup connections;
    std::unique_ptr<net::Listener> listener;
};

http::SimpleResponse admin_error(int status, std::string_view code, std::string_view message) {
    namespace json = boost::json;
    http::SimpleResponse response;
    response.status = status;
    response.body = json::serialize(
        json::object{{"error", json::object{{"code", code}, {"message", message}}}});
    return response;
}

AdminServer::AdminServer(net::Loop& loop, net::IdleSweep& sweep, AdminGroups groups,
                         Handler handler)
    : loop_(loop), sweep_(sweep), groups_(groups), handler_(std::move(handler)) {}

AdminServer::~AdminServer() = default;

std::filesystem::path AdminServer::view_socket(const std::filesystem::path& admin_socket) {
    return admin_socket.parent_path() / "view.sock";
}

Result<void> AdminServer::listen(const std::filesystem::path& socket) {
    if (auto made = make_folder(socket.parent_path(), 0755); !made) return made.error();
    if (auto opened = open(socket, groups_.admin, AdminRight::change); !opened) return opened;
    if (!groups_.view) return {};
    return open(view_socket(socket), groups_.view, AdminRight::look);
}

Result<void> AdminServer::open(const std::filesystem::path& socket, std::optional<gid_t> group,
                               AdminRight most) {
    auto listening = net::ListeningSocket::open(socket.string());
    if (!listening) return listening.error();
    if (group) give_to(socket, *group);
    doors_.push_back(std::make_unique<Door>(loop_));
    auto& door = *doors_.back();
    door.listener = std::make_unique<net::Listener>(
        loop_, std::move(*listening), [this, &door, most](FileDescriptor connection) {
            if (door.connections.size() < connections_max)
                door.connections.spawn("admin", serve(std::move(connection), most));
        });
    return door.listener->start();
}

net::Task<void> AdminServer::serve(FileDescriptor socket, AdminRight most) {
    auto caller = caller_of(socket.get());
    caller.right = std::min(most, right_of(caller, groups_));
    http::SimpleService service(
        [this, &caller](const http::SimpleRequest& request) { return handler_(request, caller); });
    http::H1Connection connection(
        loop_, sweep_, std::make_unique<net::SocketDuplex>(std::move(socket)), service, limits_);
    (void)co_await connection.run();
}

net::Task<void> AdminServer::stop() {
    for (auto& door : doors_) {
        if (door->listener) door->listener->stop();
        door->connections.cancel();
    }
    for (auto& door : doors_) co_await door->connections.join();
}

}  // namespace sallyport::daemon
