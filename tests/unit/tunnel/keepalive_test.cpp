#include "tunnel/keepalive.hpp"

#include <gtest/gtest.h>

namespace sallyport::tunnel {
namespace {

using namespace std::chrono_literals;
using Action = Keepalive::Action;

constexpr Keepalive::Time start{};
constexpr Keepalive::Settings settings{.interval = 15s, .patience = 10s};

TEST(Keepalive, PingsAtOnceThenAtARandomTimeThenEachInterval) {
    Keepalive keepalive(settings, start, 0.4);
    EXPECT_EQ(keepalive.due(start), Action::ping);
    keepalive.received();
    EXPECT_EQ(keepalive.next(), start + 6s);
    EXPECT_EQ(keepalive.due(start + 5s), Action::wait);
    EXPECT_EQ(keepalive.due(start + 6s), Action::ping);
    keepalive.received();
    EXPECT_EQ(keepalive.due(start + 20s), Action::wait);
    EXPECT_EQ(keepalive.due(start + 21s), Action::ping);
}

TEST(Keepalive, AsksABusyPeerToo) {
    Keepalive keepalive(settings, start, 0);
    int pings = 0;
    for (auto now = start; now < start + 60s; now += 1s) {
        keepalive.received();
        if (keepalive.due(now) == Action::ping) ++pings;
    }
    EXPECT_EQ(pings, 5);  // at 0, 1, 16, 31 and 46 s
}

TEST(Keepalive, OnlyReceivedBytesCountAndTheFirstUnansweredPingDecides) {
    // More patience than interval: it goes on asking, and does not start to wait anew.
    Keepalive keepalive({.interval = 5s, .patience = 12s}, start, 0);
    EXPECT_EQ(keepalive.due(start), Action::ping);
    EXPECT_EQ(keepalive.due(start + 1s), Action::ping);
    EXPECT_EQ(keepalive.due(start + 6s), Action::ping);
    EXPECT_EQ(keepalive.due(start + 11s), Action::ping);
    EXPECT_EQ(keepalive.next(), start + 12s);
    EXPECT_EQ(keepalive.due(start + 12s), Action::dead);
}

TEST(Keepalive, AnythingReceivedIsASignOfLife) {
    Keepalive keepalive(settings, start, 0.999);
    EXPECT_EQ(keepalive.due(start), Action::ping);
    EXPECT_EQ(keepalive.next(), start + 10s);
    keepalive.received();
    EXPECT_EQ(keepalive.due(start + 10s), Action::wait);
    EXPECT_EQ(keepalive.due(start + 15s), Action::ping);
    EXPECT_EQ(keepalive.due(start + 24s), Action::wait);
    EXPECT_EQ(keepalive.due(start + 25s), Action::dead);
}

}  // namespace
}  // namespace sallyport::tunnel
