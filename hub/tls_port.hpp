#pragma once

#include "certs/certificate.hpp"
#include "net/deadline.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"

#include <functional>
#include <memory>

namespace sallyport::hub {

/// The hub's one public port: accepts, shakes hands, and hands each peer on by the protocol it
/// named in its first message (docs/PROTOCOL.md#one-port). Lives on the control loop, so that
/// handshakes, which cost milliseconds, never stand in the way of requests.
class TlsPort {
public:
    static constexpr std::size_t handshakes_max = 512;  // at once; more are closed at once
    static constexpr std::chrono::seconds handshake_time{10};

    using Connection = std::unique_ptr<net::TlsDuplex>;
    struct Peers {
        /// A link: its certificate was checked. The connection is not attached to any loop.
        std::function<void(Connection, const certs::Certificate&)> link;
        /// HTTP/1.1: enrolment and API. To be served on the control loop.
        std::function<void(Connection)> http;
    };

    TlsPort(net::Loop& loop, net::ListeningSocket socket,
            std::shared_ptr<const net::TlsContext> context, Peers peers);

    Result<void> start() { return listener_.start(); }
    /// For handshakes that begin from now on.
    void use(std::shared_ptr<const net::TlsContext> context) { context_ = std::move(context); }
    /// No more connections are accepted; handshakes under way are given up, and no peer is handed
    /// on any more, not even one whose handshake has just been done.
    void stop();
    net::Task<void> join() { return handshakes_.join(); }
    std::string local_address() const { return listener_.socket().local_address(); }
    std::uint16_t port() const { return listener_.socket().port(); }

private:
    void accept(FileDescriptor socket);
    net::Task<void> greet(FileDescriptor socket);

    net::Loop& loop_;
    std::shared_ptr<const net::TlsContext> context_;
    Peers peers_;
    net::Listener listener_;
    net::TaskGroup handshakes_;
    bool stopping_ = false;
};

}  // namespace sallyport::hub
