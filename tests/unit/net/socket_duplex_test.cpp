#include "net/socket_duplex.hpp"

#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <sys/socket.h>

namespace sallyport::net {
namespace {

std::pair<std::unique_ptr<SocketDuplex>, std::unique_ptr<SocketDuplex>> connected_pair() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return {std::make_unique<SocketDuplex>(FileDescriptor(fds[0])),
            std::make_unique<SocketDuplex>(FileDescriptor(fds[1]))};
}

Task<void> send_all(Loop& loop, Duplex& to, std::string text) {
    Event event(loop.turn);
    EXPECT_TRUE(to.attach(loop, event));
    BytesView rest = as_bytes(text);
    while (!rest.empty()) {
        const auto moved = to.write(rest);
        EXPECT_NE(moved.state, Moved::State::failed);
        rest = rest.subspan(moved.bytes);
        if (moved.state == Moved::State::would_block) co_await event.wait();
    }
    to.finish();
}

Task<void> receive_all(Loop& loop, Duplex& from, std::string& text) {
    Event event(loop.turn);
    EXPECT_TRUE(from.attach(loop, event));
    std::array<std::byte, 4096> buffer;
    while (true) {
        const auto moved = from.read(buffer);
        if (moved.state == Moved::State::would_block) {
            co_await event.wait();
            continue;
        }
        EXPECT_NE(moved.state, Moved::State::failed);
        if (moved.state == Moved::State::ended) break;
        text += as_text(std::span(buffer).first(moved.bytes));
    }
    from.close();
}

TEST(SocketDuplex, MovesMoreThanTheKernelBuffersAndThenTheEnd) {
    Loop loop;
    auto [a, b] = connected_pair();
    std::string sent(3'000'000, 'x');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7);
    std::string received;
    TaskGroup group(loop);
    group.spawn("send", send_all(loop, *a, sent));
    group.spawn("receive", receive_all(loop, *b, received));
    EXPECT_TRUE(test::run_until_done(loop, group));
    EXPECT_EQ(received, sent);
}

TEST(SocketDuplex, ACloseByThePeerIsSeenByAReaderThatWaits) {
    Loop loop;
    auto [a, b] = connected_pair();
    std::string received;
    TaskGroup group(loop);
    group.spawn("receive", receive_all(loop, *b, received));
    loop.io.poll();
    a->close();
    EXPECT_TRUE(test::run_until_done(loop, group));
}

TEST(SocketDuplex, AfterCloseCallsFail) {
    auto [a, b] = connected_pair();
    a->close();
    std::array<std::byte, 1> one{};
    EXPECT_EQ(a->read(one).state, Moved::State::failed);
    EXPECT_EQ(a->write(as_bytes("x")).state, Moved::State::failed);
}

}  // namespace
}  // namespace sallyport::net
