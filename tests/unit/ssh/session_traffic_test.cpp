// What sessions do with many bytes, and with servers that stop.
#include "ssh/fault.hpp"
#include "tests/unit/ssh/port.hpp"
#include "tests/unit/ssh/session_world.hpp"

#include <gmock/gmock.h>
#include <thread>
#include <unistd.h>

namespace sallyport::ssh {
namespace {

using net::Moved;
using test::Port;
using test::SshServer;
using test::SshSession;
using test::Told;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// Byte `at` of a stream in which no part is like another.
std::byte pattern(std::size_t at) {
    return static_cast<std::byte>((at * 0x9e3779b97f4a7c15ULL) >> 40);
}

/// Sends the first `total` bytes of the pattern.
void send_pattern(FileDescriptor socket, std::size_t total) {
    Bytes chunk;
    for (std::size_t at = 0; at < total; at += chunk.size()) {
        chunk.clear();
        while (chunk.size() < 65536 && at + chunk.size() < total)
            chunk.push_back(pattern(at + chunk.size()));
        for (std::size_t from = 0; from < chunk.size();) {
            const auto sent =
                ::send(socket.get(), chunk.data() + from, chunk.size() - from, MSG_NOSIGNAL);
            if (sent <= 0) return;
            from += static_cast<std::size_t>(sent);
        }
    }
}

struct Read {
    std::size_t bytes = 0;
    std::size_t wrong = 0;
    bool ended = false;
};

/// A little of what there is now.
void read_pattern(net::Duplex& channel, Read& read) {
    std::array<std::byte, 8 * 1024> chunk{};
    const auto moved = channel.read(chunk);
    if (moved.state == Moved::State::ended) read.ended = true;
    if (moved.state != Moved::State::ok) return;
    for (std::size_t i = 0; i < moved.bytes; ++i)
        if (chunk[i] != pattern(read.bytes + i)) ++read.wrong;
    read.bytes += moved.bytes;
}

/// Exchanges of keys fall into reads, and the reader rests now and then until the server has sent
/// all that it may.
TEST_F(SshSession, LosesNothingWhenKeysAreExchanged) {
    constexpr std::size_t total = 6 << 20;
    constexpr std::size_t step = 64 << 10;
    constexpr int round_trips = 3;
    SshServer server("RekeyLimit 600K\n");
    const auto session = session_with(server);
    ASSERT_TRUE(session);
    const Port port(8);
    auto channel = open_direct(*session, "127.0.0.1", port.number());
    ASSERT_TRUE(channel) << to_text(channel.error());
    Told told;
    ASSERT_TRUE((*channel)->attach(loop, told));
    FileDescriptor accepted = port.accept();
    ASSERT_EQ(::fcntl(accepted.get(), F_SETFL, 0), 0);
    const std::jthread sender(send_pattern, std::move(accepted), total);
    Read read;
    for (std::size_t limit = step; limit <= total; limit += step) {
        ASSERT_TRUE(test::run_until(loop, [&] {
            read_pattern(**channel, read);
            return read.bytes >= limit || read.ended;
        })) << read.bytes;
        for (int i = 0; i < round_trips; ++i) EXPECT_FALSE(open_subsystem(*session, "nonsense"));
    }
    ASSERT_TRUE(test::run_until(loop, [&] {
        read_pattern(**channel, read);
        return read.ended;
    })) << read.bytes;
    EXPECT_EQ(read.bytes, total);
    EXPECT_EQ(read.wrong, 0U);
    EXPECT_TRUE(session->usable());
    channel->reset();
}

TEST_F(SshSession, GivesUpAServerThatNeverAnswersAnOpening) {
    SshServer server;
    auto options = server.options();
    options.keepalive = 10ms;
    options.opening_patience = 50ms;
    const auto started = start(server, options);
    ASSERT_TRUE(started);
    Port dead(0);
    dead.fill();
    const auto opened = open_direct(**started, "127.0.0.1", dead.number());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Fault::unreachable) << to_text(opened.error());
    EXPECT_THAT(opened.error().detail, HasSubstr("does not answer"));
    EXPECT_FALSE((*started)->usable());
}

}  // namespace
}  // namespace sallyport::ssh
