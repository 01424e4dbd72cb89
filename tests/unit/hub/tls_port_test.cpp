#include "hub/tls_port.hpp"

#include "net/endpoint.hpp"
#include "net/socket_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace sallyport::hub {
namespace {

/// A client with a loop of its own, so that a test says when each side goes on.
class TlsClient {
public:
    TlsClient(const test::TlsContextPtr& context, std::uint16_t port) : tasks_(loop_) {
        const auto target = *net::Endpoint::literal("127.0.0.1", port);
        FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(socket.get(), target.address(), target.size()), 0);
        descriptor_ = socket.get();
        const int flags = ::fcntl(descriptor_, F_GETFL);
        ::fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK);
        tls_ = *net::TlsDuplex::client(
            context, std::make_unique<net::SocketDuplex>(std::move(socket)), "hub.test");
        tasks_.spawn("client", shake());
    }
    void go_on() { test::settle(loop_); }
    bool is_answered() const {
        pollfd readable{.fd = descriptor_, .events = POLLIN, .revents = 0};
        return ::poll(&readable, 1, 0) == 1;
    }
    bool done() const { return done_; }

private:
    net::Task<void> shake() {
        const auto shaken =
            co_await tls_->handshake(loop_, net::deadline_in(std::chrono::seconds(20)));
        done_ = shaken.has_value();
    }

    net::Loop loop_;
    std::unique_ptr<net::TlsDuplex> tls_;
    int descriptor_ = -1;
    bool done_ = false;
    net::TaskGroup tasks_;
};

TEST(TlsPort, HandsNobodyOnOnceItWasStoppedNotEvenInTheSameTurn) {
    net::Loop loop;
    const test::TlsWorld world;
    std::unique_ptr<TlsPort> port;
    int handed_on = 0;
    TlsPort::Peers peers;
    peers.http = [&](TlsPort::Connection) {
        ++handed_on;
        port->stop();
    };
    port = std::make_unique<TlsPort>(loop, *net::ListeningSocket::open("127.0.0.1:0"), world.hub(),
                                     std::move(peers));
    ASSERT_TRUE(port->start());
    // Both clients say their last word of the handshake while the hub looks away; then it hears
    // both in one turn.
    const auto context = world.foreign(net::alpn::http);
    TlsClient first(context, port->port());
    TlsClient second(context, port->port());
    first.go_on();
    second.go_on();
    ASSERT_TRUE(test::run_until(loop, [&] { return first.is_answered() && second.is_answered(); }));
    first.go_on();
    second.go_on();
    ASSERT_TRUE(first.done() && second.done());
    EXPECT_EQ(handed_on, 0);
    ASSERT_TRUE(test::run_until(loop, [&] { return handed_on > 0; }));
    net::TaskGroup joining(loop);
    joining.spawn("join", port->join());
    ASSERT_TRUE(test::run_until_done(loop, joining));
    EXPECT_EQ(handed_on, 1);
}

}  // namespace
}  // namespace sallyport::hub
