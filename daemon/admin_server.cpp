#include "daemon/admin_server.hpp"

#include "net/socket_duplex.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::daemon {

http::SimpleResponse admin_error(int status, std::string_view code, std::string_view message) {
    namespace json = boost::json;
    http::SimpleResponse response;
    response.status = status;
    response.body = json::serialize(
        json::object{{"error", json::object{{"code", code}, {"message", message}}}});
    return response;
}

AdminServer::AdminServer(net::Loop& loop, net::IdleSweep& sweep, Handler handler)
    : loop_(loop), sweep_(sweep), handler_(std::move(handler)), connections_(loop) {}

Result<void> AdminServer::listen(const std::filesystem::path& socket) {
    if (auto made = make_folder(socket.parent_path(), 0755); !made) return made.error();
    auto listening = net::ListeningSocket::open(socket.string());
    if (!listening) return listening.error();
    listener_ = std::make_unique<net::Listener>(
        loop_, std::move(*listening), [this](FileDescriptor connection) {
            if (connections_.size() < connections_max)
                connections_.spawn("admin", serve(std::move(connection)));
        });
    return listener_->start();
}

net::Task<void> AdminServer::serve(FileDescriptor socket) {
    const auto caller = caller_of(socket.get());
    http::SimpleService service(
        [this, caller](const http::SimpleRequest& request) { return handler_(request, caller); });
    http::H1Connection connection(
        loop_, sweep_, std::make_unique<net::SocketDuplex>(std::move(socket)), service, limits_);
    (void)co_await connection.run();
}

net::Task<void> AdminServer::stop() {
    if (listener_) listener_->stop();
    connections_.cancel();
    co_await connections_.join();
}

}  // namespace sallyport::daemon
