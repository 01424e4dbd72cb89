#include "net/tls_duplex.hpp"

#include "base/error.hpp"
#include "net/socket_duplex.hpp"
#include "net/task_group.hpp"
#include "tests/support/lossy_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/tls_pair.hpp"
#include "tests/support/traffic.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <thread>

namespace sallyport::net {
namespace {

using test::LossyDuplex;
using test::MemoryDuplex;
using test::shake_hands;
using test::TlsPair;
using test::TlsWorld;
using test::Traffic;
using State = Moved::State;
using namespace std::chrono_literals;

using WirePair = std::pair<std::unique_ptr<Duplex>, std::unique_ptr<Duplex>>;

WirePair socket_pair() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return {std::make_unique<SocketDuplex>(FileDescriptor(fds[0])),
            std::make_unique<SocketDuplex>(FileDescriptor(fds[1]))};
}

void expect_both_ways(Loop& loop, TlsPair& pair, std::size_t bytes) {
    ASSERT_TRUE(pair.up()) << to_text(pair.client_done ? pair.server_done.error()
                                                       : pair.client_done.error());
    Traffic client(loop, *pair.client);
    Traffic server(loop, *pair.server);
    TaskGroup group(loop);
    client.start(group, bytes, 1, 2);
    server.start(group, bytes, 2, 1);
    EXPECT_TRUE(test::run_until_done(loop, group));
    for (const auto* end : {&client, &server}) {
        EXPECT_EQ(end->received(), bytes);
        EXPECT_EQ(end->end(), State::ended);
        EXPECT_EQ(end->trouble(), "");
    }
}

TEST(TlsDuplex, TenMegabytesPassBothWaysAtOnceOverSockets) {
    Loop loop;
    const TlsWorld world;
    auto [a, b] = socket_pair();
    auto pair =
        shake_hands(loop, world.hub(), world.agent(), "hub.test", std::move(a), std::move(b));
    expect_both_ways(loop, pair, 10'000'000);
}

TEST(TlsDuplex, AWireWithLittleRoomStallsNothing) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent(), "hub.test", {.room = 5'000});
    expect_both_ways(loop, pair, 1'000'000);
}

TEST(TlsDuplex, AWireThatSplitsEverywhereChangesNothing) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent(), "hub.test", {.chunk = 1});
    expect_both_ways(loop, pair, 100'000);
}

TEST(TlsDuplex, ABadWireChangesNothing) {
    Loop loop;
    const TlsWorld world;
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
        auto [a, b] = MemoryDuplex::pair({.room = 3'000 * seed});
        auto pair = shake_hands(
            loop, world.hub(), world.agent(), "hub.test",
            std::make_unique<LossyDuplex>(std::move(a), test::LossyOptions{.seed = seed}),
            std::make_unique<LossyDuplex>(std::move(b), test::LossyOptions{.seed = seed + 100}));
        expect_both_ways(loop, pair, 200'000);
    }
}

TEST(TlsDuplex, Tls12WorksToo) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.foreign(alpn::http));
    expect_both_ways(loop, pair, 300'000);
}

/// Counts what arrives at the wire.
class CountingDuplex final : public Duplex {
public:
    CountingDuplex(std::unique_ptr<Duplex> wire, int& writes)
        : wire_(std::move(wire)), writes_(writes) {}
    Result<void> attach(Loop& loop, Ready& ready) override { return wire_->attach(loop, ready); }
    void watch(Ready& ready) override { wire_->watch(ready); }
    void detach() override { wire_->detach(); }
    Moved read(std::span<std::byte> into) override { return wire_->read(into); }
    Moved write(std::span<const BytesView> buffers) override {
        ++writes_;
        return wire_->write(buffers);
    }
    void finish() override { wire_->finish(); }
    void close() override { wire_->close(); }
    bool readable() const override { return wire_->readable(); }
    std::string peer() const override { return wire_->peer(); }

private:
    std::unique_ptr<Duplex> wire_;
    int& writes_;
};

TEST(TlsDuplex, AClientKnowsWhetherItsCertificateWasWanted) {
    Loop loop;
    const TlsWorld world;
    const auto asked = [&](const test::TlsContextPtr& client) {
        const auto pair = shake_hands(loop, world.hub(), client);
        EXPECT_TRUE(pair.client_done);  // in TLS 1.3 before the server has looked
        return pair.client->asked_for_certificate();
    };
    EXPECT_TRUE(asked(world.agent()));
    EXPECT_TRUE(asked(world.client_without_certificate(alpn::link)));
}

TEST(TlsDuplex, ManyBuffersBecomeOneRecordAndOneWriteBelow) {
    Loop loop;
    const TlsWorld world;
    auto [a, b] = MemoryDuplex::pair();
    auto* wire = a.get();
    int writes = 0;
    auto pair = shake_hands(loop, world.hub(), world.agent(), "hub.test",
                            std::make_unique<CountingDuplex>(std::move(a), writes), std::move(b));
    ASSERT_TRUE(pair.up());
    writes = 0;
    const std::array<BytesView, 3> three{as_bytes("one "), as_bytes("two "), as_bytes("three")};
    EXPECT_EQ(pair.client->write(three).bytes, 13U);
    EXPECT_EQ(writes, 1);
    EXPECT_EQ(wire->outgoing().bytes.size(), 5U + 13 + 1 + 16);  // header, text, type, tag

    const std::string large(1'000'000, 'x');
    EXPECT_EQ(pair.client->write(as_bytes(large)).bytes, TlsDuplex::write_bytes_max);
    EXPECT_EQ(writes, 2);
}

TEST(TlsDuplex, AFullWireMakesTheNextWriteWaitAndNothingIsLost) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent(), "hub.test", {.room = 10'000});
    ASSERT_TRUE(pair.up());
    const std::string text(50'000, 'x');
    EXPECT_EQ(pair.client->write(as_bytes(text)).bytes, text.size());
    EXPECT_EQ(pair.client->write(as_bytes("y")).state, State::would_block);
    // Nobody writes any more, so readiness alone must bring the rest.
    Event client(loop.turn);
    Event server(loop.turn);
    ASSERT_TRUE(pair.client->attach(loop, client));
    ASSERT_TRUE(pair.server->attach(loop, server));
    std::size_t received = 0;
    std::array<std::byte, 4096> buffer;
    EXPECT_TRUE(test::run_until(loop, [&] {
        received += pair.server->read(buffer).bytes;
        return received == text.size();
    }));
    EXPECT_EQ(pair.client->write(as_bytes("y")).bytes, 1U);
}

TEST(TlsDuplex, AnEndWithoutCloseNotifyIsATruncation) {
    Loop loop;
    const TlsWorld world;
    auto [a, b] = MemoryDuplex::pair();
    auto* wire = a.get();
    auto pair =
        shake_hands(loop, world.hub(), world.agent(), "hub.test", std::move(a), std::move(b));
    ASSERT_TRUE(pair.up());
    EXPECT_EQ(pair.client->write(as_bytes("half")).bytes, 4U);
    wire->finish();
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(pair.server->read(buffer).bytes, 4U);
    const auto end = pair.server->read(buffer);
    EXPECT_EQ(end.state, State::failed);
    EXPECT_EQ(end.error, Errc::cut);
    EXPECT_THAT(pair.server->failure(), testing::HasSubstr("close_notify"));
}

TEST(TlsDuplex, AHardCloseIsNoOrderlyEnd) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent());
    ASSERT_TRUE(pair.up());
    pair.client->close();
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(pair.server->read(buffer).state, State::failed);
    EXPECT_EQ(pair.client->write(as_bytes("x")).state, State::failed);
}

TEST(TlsDuplex, TheOtherDirectionGoesOnAfterOneHasEnded) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent());
    ASSERT_TRUE(pair.up());
    pair.client->finish();
    EXPECT_EQ(pair.client->write(as_bytes("x")).state, State::failed);
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(pair.server->read(buffer).state, State::ended);
    EXPECT_EQ(pair.server->read(buffer).state, State::ended);
    EXPECT_EQ(pair.server->write(as_bytes("late")).bytes, 4U);
    EXPECT_EQ(pair.client->read(buffer).bytes, 4U);
}

TEST(TlsDuplex, ASmallReadLeavesTheRestReadable) {
    Loop loop;
    const TlsWorld world;
    auto pair = shake_hands(loop, world.hub(), world.agent());
    ASSERT_TRUE(pair.up());
    std::array<std::byte, 3> small;
    EXPECT_EQ(pair.server->read(small).state, State::would_block);
    EXPECT_EQ(pair.client->write(as_bytes("abcd")).bytes, 4U);
    EXPECT_EQ(pair.client->write(as_bytes("efg")).bytes, 3U);
    EXPECT_EQ(pair.server->read(small).bytes, 3U);
    EXPECT_TRUE(pair.server->readable());
    EXPECT_EQ(pair.server->read(small).bytes, 3U);
    EXPECT_TRUE(pair.server->readable());
    EXPECT_EQ(pair.server->read(small).bytes, 1U);
    EXPECT_FALSE(pair.server->readable());
}

TEST(TlsDuplex, ADeadWireEndsTheHandshakeAtTheDeadline) {
    Loop loop;
    const TlsWorld world;
    auto [a, b] = MemoryDuplex::pair();
    b->black_hole();
    auto tls = TlsDuplex::client(world.agent(), std::move(a), "hub.test");
    ASSERT_TRUE(tls);
    Result<void> done;
    auto shake = [](Loop& on, TlsDuplex& end, Result<void>& result) -> Task<void> {
        const auto deadline = deadline_in(20ms);
        result = co_await end.handshake(on, deadline);
    };
    TaskGroup group(loop);
    group.spawn("shake", shake(loop, **tls, done));
    EXPECT_TRUE(test::run_until_done(loop, group));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::timed_out);
}

TEST(TlsDuplex, AWireThatBreaksFailsBothDirections) {
    Loop loop;
    const TlsWorld world;
    auto [a, b] = MemoryDuplex::pair();
    auto bad = std::make_unique<LossyDuplex>(std::move(a));
    auto* wire = bad.get();
    auto pair =
        shake_hands(loop, world.hub(), world.agent(), "hub.test", std::move(bad), std::move(b));
    ASSERT_TRUE(pair.up());
    wire->cut_after(50'000);
    Traffic client(loop, *pair.client);
    Traffic server(loop, *pair.server);
    TaskGroup group(loop);
    client.start(group, 0, 1, 2);
    server.start(group, 1'000'000, 2, 1);
    EXPECT_TRUE(test::run_until_done(loop, group));
    EXPECT_EQ(client.end(), State::failed);
    EXPECT_LT(client.received(), 50'000U);
}

TEST(TlsDuplex, ALinkMovesToAnotherThreadAfterItsHandshake) {
    Loop accepting;
    const TlsWorld world;
    auto [a, b] = socket_pair();
    auto pair =
        shake_hands(accepting, world.hub(), world.agent(), "hub.test", std::move(a), std::move(b));
    ASSERT_TRUE(pair.up());
    // Bytes that arrived before the move must be found after it.
    EXPECT_EQ(pair.client->write(as_bytes("early")).bytes, 5U);

    std::string received;
    std::thread worker([&] {
        Loop serving;
        Event event(serving.turn);
        ASSERT_TRUE(pair.server->attach(serving, event));
        std::array<std::byte, 100> buffer;
        EXPECT_TRUE(test::run_until(serving, [&] {
            const auto moved = pair.server->read(buffer);
            received += as_text(std::span(buffer).first(moved.bytes));
            return moved.state == State::ended;
        }));
        pair.server->detach();
    });
    Event event(accepting.turn);
    ASSERT_TRUE(pair.client->attach(accepting, event));
    EXPECT_EQ(pair.client->write(as_bytes(" late")).bytes, 5U);
    pair.client->finish();
    worker.join();
    EXPECT_EQ(received, "early late");
}

}  // namespace
}  // namespace sallyport::net
