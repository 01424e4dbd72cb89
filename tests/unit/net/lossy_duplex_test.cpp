// The bad wire that other tests rely on: it must be bad in the way it says, and no worse.
#include "tests/support/lossy_duplex.hpp"

#include "base/error.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/traffic.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

using State = net::Moved::State;

TEST(LossyDuplex, LosesNothingAndStallsNobody) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        net::Loop loop;
        auto [a, b] = MemoryDuplex::pair({.room = 2'000});
        LossyDuplex one(std::move(a), {.seed = seed, .piece_max = 100 * seed, .delay = 0.5});
        LossyDuplex two(std::move(b), {.seed = seed + 50});
        Traffic first(loop, one);
        Traffic second(loop, two);
        net::TaskGroup group(loop);
        first.start(group, 50'000, 1, 2);
        second.start(group, 30'000, 2, 1);
        ASSERT_TRUE(run_until_done(loop, group)) << "seed " << seed;
        EXPECT_EQ(first.received(), 30'000U);
        EXPECT_EQ(second.received(), 50'000U);
        EXPECT_EQ(first.trouble() + second.trouble(), "");
    }
}

TEST(LossyDuplex, ABlackHoleSwallowsAndSaysNothing) {
    net::Loop loop;
    auto [a, b] = MemoryDuplex::pair();
    LossyDuplex one(std::move(a), {.delay = 0});
    one.stall();
    net::Event event(loop.turn);
    ASSERT_TRUE(one.attach(loop, event));
    EXPECT_EQ(one.write(as_bytes("lost")).bytes, 4U);
    EXPECT_EQ(b->write(as_bytes("unheard")).bytes, 7U);
    settle(loop);
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(one.read(buffer).state, State::would_block);
    EXPECT_EQ(b->read(buffer).state, State::would_block);
    EXPECT_FALSE(event.is_set());
}

TEST(LossyDuplex, ACutIsToldToBothEnds) {
    net::Loop loop;
    auto [a, b] = MemoryDuplex::pair();
    LossyDuplex one(std::move(a), {.delay = 0});
    net::Event here(loop.turn);
    net::Event there(loop.turn);
    ASSERT_TRUE(one.attach(loop, here));
    ASSERT_TRUE(b->attach(loop, there));
    one.cut_after(3);
    EXPECT_EQ(b->write(as_bytes("abcdef")).bytes, 6U);
    std::array<std::byte, 10> buffer;
    std::size_t received = 0;
    net::Moved moved;
    while ((moved = one.read(buffer)).state == State::ok) received += moved.bytes;
    EXPECT_EQ(received, 3U);
    EXPECT_EQ(moved.error, Errc::cut);
    EXPECT_EQ(one.write(as_bytes("x")).state, State::failed);
    EXPECT_TRUE(run_until(loop, [&] { return here.is_set() && there.is_set(); }));
    EXPECT_EQ(b->read(buffer).state, State::failed);
}

}  // namespace
}  // namespace sallyport::test
