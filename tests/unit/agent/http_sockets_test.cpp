#include "agent/http_backend.hpp"
#include "base/error.hpp"
#include "http/h1_connection.hpp"
#include "net/connect.hpp"
#include "net/listener.hpp"
#include "net/socket_duplex.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/wire_talk.hpp"
#include "tests/unit/agent/mapping_world.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <list>
#include <netinet/in.h>
#include <sys/socket.h>

/// The chain over the kernel's TCP, where edges, short writes and resets are real.
namespace sallyport::agent {
namespace {

/// A server on a port of the kernel's choice.
class TcpServer {
public:
    TcpServer(net::Loop& loop, net::IdleSweep& sweep, http::Service& service)
        : loop_(loop),
          sweep_(sweep),
          service_(service),
          group_(loop),
          listener_(loop, net::ListeningSocket::open("127.0.0.1:0").value(),
                    [this](FileDescriptor socket) { accept(std::move(socket)); }) {
        EXPECT_TRUE(listener_.start());
    }
    ~TcpServer() {
        listener_.stop();
        group_.cancel();
        test::run_until_done(loop_, group_);
    }
    std::uint16_t port() const { return listener_.socket().port(); }
    std::size_t connections() const { return group_.size(); }
    void drain() {
        for (auto& connection : connections_) connection.drain();
    }

private:
    void accept(FileDescriptor socket) {
        connections_.emplace_back(loop_, sweep_,
                                  std::make_unique<net::SocketDuplex>(std::move(socket)), service_,
                                  limits_);
        group_.spawn("connection", run(connections_.back()));
    }
    net::Task<void> run(http::H1Connection& connection) { (void)co_await connection.run(); }

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    http::Service& service_;
    http::ServerLimits limits_;
    std::list<http::H1Connection> connections_;
    net::TaskGroup group_;
    net::Listener listener_;
};

std::unique_ptr<net::SocketDuplex> connect_to(std::uint16_t port) {
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return std::make_unique<net::SocketDuplex>(std::move(socket));
}

class LoopbackConnector final : public Connector {
public:
    explicit LoopbackConnector(std::uint16_t port) : port_(port) {}
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login*, net::Deadline) override {
        ++made;
        co_return std::unique_ptr<net::Duplex>(connect_to(port_));
    }
    int made = 0;

private:
    std::uint16_t port_;
};

/// client -> H1Connection -> HttpBackend -> H1Connection -> script.
struct SocketWorld {
    explicit SocketWorld(test::Script script) : internal(std::move(script)) {}
    bool until(const std::function<bool()>& condition) { return test::run_until(loop, condition); }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    test::ScriptedService internal;
    TcpServer back_end{loop, sweep, internal};
    LoopbackConnector connector{back_end.port()};
    HttpBackend backend{loop, sweep, connector, [] {
                            HttpBackend::Options options;
                            options.state = state_of();
                            options.internal_host = "127.0.0.1";
                            options.virtual_authority = "erp:80";
                            return options;
                        }()};
    TcpServer front{loop, sweep, backend};
    test::WireTalk client{loop, connect_to(front.port())};
};

net::Task<Result<void>> echo(const http::RequestHead&, http::Body& up, http::Answer& down) {
    down.start(test::head_of(200, http::BodySize::until_end()));
    while (!down.aborted()) {
        const auto pumped = http::pump(up, down);
        if (pumped == http::Pumped::ended) break;
        if (pumped == http::Pumped::more) down.event().set();
        co_await down.event().wait();
    }
    down.finish();
    co_return Result<void>();
}

TEST(HttpOverSockets, EchoesManyMegabytesThroughBothHops) {
    SocketWorld world(echo);
    std::string body;
    body.resize(20'000'000, 'x');
    world.client.say("PUT /x HTTP/1.1\r\nHost: e\r\nContent-Length: 20000000\r\n\r\n" + body);
    ASSERT_TRUE(world.until([&] { return world.client.heard().ends_with("\r\n0\r\n\r\n"); }));
    EXPECT_EQ(std::ranges::count(world.client.heard(), 'x'), 20'000'000);
    world.client.take();
    world.client.say("PUT /x HTTP/1.1\r\nHost: e\r\nContent-Length: 1\r\n\r\ny");
    ASSERT_TRUE(world.until([&] { return world.client.hears("1\r\ny\r\n0\r\n\r\n"); }));
    EXPECT_EQ(world.connector.made, 1);
}

TEST(HttpOverSockets, ThousandsOfRequestsUseOneConnectionAndNoneIsLost) {
    SocketWorld world([](const http::RequestHead& head, http::Body&,
                         http::Answer& down) -> net::Task<Result<void>> {
        down.start(test::head_of(200, http::BodySize::exactly(head.target.size())));
        down.write(as_bytes(head.target));
        down.finish();
        co_return Result<void>();
    });
    std::string all;
    for (int i = 0; i < 3000; ++i)
        all += "GET /" + std::to_string(i) + "/ HTTP/1.1\r\nHost: e\r\n\r\n";
    world.client.say(all);
    ASSERT_TRUE(world.until([&] { return world.client.hears("/2999/"); }));
    EXPECT_EQ(world.internal.calls, 3000);
    EXPECT_EQ(world.connector.made, 1);
}

TEST(HttpOverSockets, AnAbortedClientIsSeenByTheInternalSystem) {
    bool aborted = false;
    SocketWorld world(
        [&](const http::RequestHead&, http::Body&, http::Answer& down) -> net::Task<Result<void>> {
            while (!down.aborted()) co_await down.event().wait();
            aborted = true;
            co_return Error{Errc::aborted, {}};
        });
    world.client.say("GET /x HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.internal.calls == 1; }));
    world.client.close();
    ASSERT_TRUE(world.until([&] { return aborted; }));
    EXPECT_TRUE(world.until([&] { return world.back_end.connections() == 0; }));
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpOverSockets, APostIsNeverSentOnAConnectionThatTheBackEndHasClosed) {
    SocketWorld world(echo);
    for (int i = 1; i <= 20; ++i) {
        world.client.say("POST /x HTTP/1.1\r\nHost: e\r\nContent-Length: 2\r\n\r\nhi");
        ASSERT_TRUE(world.until([&] { return world.client.hears("hi"); }));
        EXPECT_FALSE(world.client.hears(" 502 "));
        world.client.take();
        world.back_end.drain();
    }
    EXPECT_EQ(world.internal.calls, 20);
}

TEST(HttpOverSockets, AnOldClientSeesACutBodyAsAResetNotAsAnEnd) {
    SocketWorld world(
        [](const http::RequestHead&, http::Body&, http::Answer& down) -> net::Task<Result<void>> {
            down.start(test::head_of(200, http::BodySize::until_end()));
            down.write(as_bytes("half"));
            co_return Error{Errc::failed, {}};
        });
    world.client.say("GET /x HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.client.over(); }));
    EXPECT_TRUE(world.client.broken());
    EXPECT_FALSE(world.client.ended());
}

TEST(HttpOverSockets, AClientThatHalfReadsKeepsOnlyItsShareOfMemory) {
    std::size_t written = 0;
    SocketWorld world(
        [&](const http::RequestHead&, http::Body&, http::Answer& down) -> net::Task<Result<void>> {
            down.start(test::head_of(200, http::BodySize::exactly(200'000'000)));
            const std::string piece(100'000, 'x');
            while (written < 200'000'000 && !down.aborted()) {
                const auto taken = down.write(as_bytes(piece));
                written += taken;
                if (taken == 0) co_await down.event().wait();
            }
            down.finish();
            co_return Result<void>();
        });
    world.client.pause();
    world.client.say("GET /x HTTP/1.1\r\nHost: e\r\n\r\n");
    std::size_t before = 1;
    ASSERT_TRUE(
        world.until([&] { return written > 0 && before == std::exchange(before, written); }));
    EXPECT_LT(written, 40'000'000U);  // what the kernel's buffers of two connections take
    world.client.resume();
    ASSERT_TRUE(world.until([&] { return world.client.heard().size() > 200'000'000; }));
}

}  // namespace
}  // namespace sallyport::agent
