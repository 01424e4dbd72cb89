#include "hub/stream_clients.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/socket_duplex.hpp"

namespace sallyport::hub {

StreamClients::StreamClients(net::Loop& loop, net::IdleSweep& sweep, Ingress& ingress,
                             std::function<void(StreamRelocation)> relocate)
    : loop_(loop),
      sweep_(sweep),
      ingress_(ingress),
      relocate_(std::move(relocate)),
      clients_(loop) {}

void StreamClients::listen(StreamPort port) {
    auto& kept = ports_.emplace_back(std::move(port));
    listeners_.push_back(std::make_unique<net::Listener>(
        loop_, std::move(kept.socket),
        [this, &kept](FileDescriptor fd) { accept(kept, std::move(fd)); }));
}

void StreamClients::start() {
    for (std::size_t i = 0; i < listeners_.size(); ++i)
        if (auto started = listeners_[i]->start(); !started)
            log::error("streams.failed",
                       {{"port", ports_[i].name}, {"error", to_text(started.error())}});
}

void StreamClients::accept(const StreamPort& port, FileDescriptor socket) {
    if (clients_.size() >= stream_clients_max) {
        log::warn("streams.too_many_clients", {{"port", port.name}, {"limit", stream_clients_max}});
        return;
    }
    auto duplex = std::make_unique<net::SocketDuplex>(std::move(socket));
    clients_.spawn("stream", serve(std::make_unique<StreamConnection>(
                                 loop_, sweep_, std::move(duplex), ingress_, port.handshake(),
                                 StreamConnection::Limits())));
}

void StreamClients::adopt(StreamRelocation client) {
    if (clients_.size() >= stream_clients_max) {
        log::warn("streams.too_many_clients",
                  {{"port", client.handshake->protocol()}, {"limit", stream_clients_max}});
        return;
    }
    clients_.spawn("stream",
                   serve(std::make_unique<StreamConnection>(
                       loop_, sweep_, ingress_, std::move(client), StreamConnection::Limits())));
}

net::Task<void> StreamClients::serve(std::unique_ptr<StreamConnection> connection) {
    struct Known {
        Known(std::set<StreamConnection*>& s, StreamConnection& c) : all(s), one(c) {
            all.insert(&one);
        }
        ~Known() { all.erase(&one); }
        std::set<StreamConnection*>& all;
        StreamConnection& one;
    };
    std::optional<StreamRelocation> moved;
    {
        const Known known(connections_, *connection);
        if (draining_) connection->drain();
        moved = co_await connection->run();
    }
    connection.reset();
    if (moved) relocate_(std::move(*moved));
}

void StreamClients::judge_again() {
    for (auto* connection : connections_) connection->judge_again();
}

void StreamClients::drain() {
    draining_ = true;
    for (auto& listener : listeners_) listener->stop();
    for (auto* connection : connections_) connection->drain();
}

}  // namespace sallyport::hub
