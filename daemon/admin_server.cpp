#include "daemon/admin_server.hpp"

#include "net/socket_duplex.hpp"

namespace sallyport::daemon {

AdminServer::AdminServer(net::Loop& loop, net::IdleSweep& sweep,
                         http::SimpleService::Handler handler)
    : loop_(loop), sweep_(sweep), service_(std::move(handler)), connections_(loop) {}

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
    http::H1Connection connection(
        loop_, sweep_, std::make_unique<net::SocketDuplex>(std::move(socket)), service_, limits_);
    (void)co_await connection.run();
}

net::Task<void> AdminServer::stop() {
    if (listener_) listener_->stop();
    connections_.cancel();
    co_await connections_.join();
}

}  // namespace sallyport::daemon
