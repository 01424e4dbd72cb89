#include "hub/tls_port.hpp"

#include "base/log.hpp"
#include "net/socket_duplex.hpp"

namespace sallyport::hub {

TlsPort::TlsPort(net::Loop& loop, net::ListeningSocket socket,
                 std::shared_ptr<const net::TlsContext> context, Peers peers)
    : loop_(loop),
      context_(std::move(context)),
      peers_(std::move(peers)),
      listener_(loop, std::move(socket), [this](FileDescriptor fd) { accept(std::move(fd)); }),
      handshakes_(loop) {}

void TlsPort::stop() {
    stopping_ = true;
    listener_.stop();
    handshakes_.cancel();
}

void TlsPort::accept(FileDescriptor socket) {
    if (handshakes_.size() >= handshakes_max) {
        log::warn("tls.too_many_handshakes", {{"limit", handshakes_max}});
        return;
    }
    handshakes_.spawn("handshake", greet(std::move(socket)));
}

net::Task<void> TlsPort::greet(FileDescriptor socket) {
    auto wire = std::make_unique<net::SocketDuplex>(std::move(socket));
    const auto peer = wire->peer();
    auto made = net::TlsDuplex::server(context_, std::move(wire));
    if (!made) {
        log::error("tls.failed", {{"peer", peer}, {"error", to_text(made.error())}});
        co_return;
    }
    auto connection = std::move(*made);
    const auto done = co_await connection->handshake(loop_, net::deadline_in(handshake_time));
    if (!done) {
        log::info("tls.refused", {{"peer", peer}, {"error", to_text(done.error())}});
        co_return;
    }
    // A handshake that was done in this very turn goes on before the cancellation reaches it, and
    // those who would take the connection are about to be gone.
    if (stopping_) co_return;
    if (connection->alpn() != net::alpn::link) {
        peers_.http(std::move(connection));
        co_return;
    }
    const auto certificate = connection->peer_certificate();
    if (!certificate) co_return;  // cannot be: a link's handshake fails without one
    peers_.link(std::move(connection), *certificate);
}

}  // namespace sallyport::hub
