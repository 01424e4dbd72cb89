#include "net/connect.hpp"

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/listener.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace sallyport::net {
namespace {

using namespace std::chrono_literals;
using Connected = Result<std::unique_ptr<SocketDuplex>>;

/// A port on which nobody listens, and which nobody else gets meanwhile.
class ClosedPort {
public:
    ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto any = *Endpoint::literal("127.0.0.1", 0);
        EXPECT_EQ(::bind(socket_.get(), any.address(), any.size()), 0);
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = Endpoint(reinterpret_cast<const sockaddr&>(address)).port();
    }
    std::uint16_t port() const { return port_; }

private:
    FileDescriptor socket_;
    std::uint16_t port_ = 0;
};

/// A port whose queue of connections is full: a further connect() hangs.
class HangingPort {
public:
    HangingPort() {
        auto opened = ListeningSocket::open("127.0.0.1:0", {.backlog = 0});
        EXPECT_TRUE(opened);
        listening_.emplace(std::move(*opened));
        const auto target = *Endpoint::literal("127.0.0.1", port());
        for (int i = 0; i < 4; ++i) {
            FileDescriptor filler(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(filler.get(), target.address(), target.size());
            fillers_.push_back(std::move(filler));
        }
    }
    std::uint16_t port() const { return listening_->port(); }

private:
    std::optional<ListeningSocket> listening_;
    std::vector<FileDescriptor> fillers_;
};

Task<void> connect_to(Loop& loop, std::vector<Endpoint> endpoints, ConnectOptions options,
                      Deadline deadline, Connected& connected) {
    connected = co_await connect_tcp(loop, std::move(endpoints), options, deadline);
}

Connected connect_to(std::vector<Endpoint> endpoints, std::chrono::milliseconds limit = 10s,
                     ConnectOptions options = {}) {
    Loop loop;
    Connected connected = Error{Errc::failed, "not run"};
    TaskGroup group(loop);
    group.spawn("connect",
                connect_to(loop, std::move(endpoints), options, deadline_in(limit), connected));
    EXPECT_TRUE(test::run_until_done(loop, group));
    return connected;
}

TEST(Connect, ReachesAListener) {
    const auto listening = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(listening);
    const auto connected = connect_to({*Endpoint::literal("127.0.0.1", listening->port())});
    ASSERT_TRUE(connected) << to_text(connected.error());
    EXPECT_EQ((*connected)->peer(), listening->local_address());
}

TEST(Connect, TheNextAddressIsTriedAtOnceWhenOneRefuses) {
    const ClosedPort closed;
    const auto listening = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(listening);
    // A stagger far beyond the test's patience: only the refusal can start the second attempt.
    const auto connected = connect_to({*Endpoint::literal("127.0.0.1", closed.port()),
                                       *Endpoint::literal("127.0.0.1", listening->port())},
                                      10s, {.stagger = 1h});
    ASSERT_TRUE(connected) << to_text(connected.error());
}

TEST(Connect, TheNextAddressIsTriedBesideOneThatDoesNotAnswer) {
    const HangingPort hanging;
    const auto listening = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(listening);
    const auto connected = connect_to({*Endpoint::literal("127.0.0.1", hanging.port()),
                                       *Endpoint::literal("127.0.0.1", listening->port())},
                                      10s, {.stagger = 10ms});
    ASSERT_TRUE(connected) << to_text(connected.error());
}

TEST(Connect, SaysWhatEachAddressAnswered) {
    const ClosedPort one;
    const ClosedPort two;
    const auto connected = connect_to(
        {*Endpoint::literal("127.0.0.1", one.port()), *Endpoint::literal("127.0.0.1", two.port())});
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, Errc::unavailable);
    for (const auto port : {one.port(), two.port()})
        EXPECT_THAT(
            connected.error().detail,
            testing::HasSubstr("127.0.0.1:" + std::to_string(port) + " (Connection refused"));
    EXPECT_EQ(connect_to({}).error().code, Errc::unavailable);
}

TEST(Connect, NoAnswerEndsAtTheDeadline) {
    const HangingPort hanging;
    const auto connected = connect_to({*Endpoint::literal("127.0.0.1", hanging.port())}, 30ms);
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, Errc::timed_out);
}

Task<void> dial_localhost(BlockingPool& pool, Loop& loop, std::uint16_t port,
                          Connected& connected) {
    const ConnectOptions options{.user_timeout = 5s};
    const auto deadline = deadline_in(10s);
    connected = co_await dial(pool, loop, "localhost", port, options, deadline);
}

TEST(Connect, DialsByNameAndLimitsSilence) {
    Loop loop;
    BlockingPool pool(1);
    const auto listening = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(listening);
    Connected connected = Error{Errc::failed, "not run"};
    TaskGroup group(loop);
    group.spawn("dial", dial_localhost(pool, loop, listening->port(), connected));
    EXPECT_TRUE(test::run_until_done(loop, group));
    ASSERT_TRUE(connected) << to_text(connected.error());
}

}  // namespace
}  // namespace sallyport::net
