#include "tunnel/keepalive.hpp"

#include <gtest/gtest.h>

namespace sallyport::tunnel {
namespace {

using namespace std::chrono_literals;
using Action = Keepalive::Action;

constexpr Keepalive::Time first_moment{};
constexpr Keepalive::Settings settings{.interval = 15s, .patience = 10s};

TEST(Keepalive, PingsAtOnceThenAtARandomTimeThenEachInterval) {
    Keepalive keepalive(settings, first_moment, 0.4);
    EXPECT_EQ(keepalive.due(first_moment), Action::ping);
    keepalive.received();
    EXPECT_EQ(keepalive.next(), first_moment + 6s);
    EXPECT_EQ(keepalive.due(first_moment + 5s), Action::wait);
    EXPECT_EQ(keepalive.due(first_moment + 6s), Action::ping);
    keepalive.received();
    EXPECT_EQ(keepalive.due(first_moment + 20s), Action::wait);
    EXPECT_EQ(keepalive.due(first_moment + 21s), Action::ping);
}

TEST(Keepalive, AsksABusyPeerToo) {
    Keepalive keepalive(settings, first_moment, 0);
    int pings = 0;
    for (auto now = first_moment; now < first_moment + 60s; now += 1s) {
        keepalive.received();
        if (keepalive.due(now) == Action::ping) ++pings;
    }
    EXPECT_EQ(pings, 5);  // at 0, 1, 16, 31 and 46 s
}

TEST(Keepalive, OnlyReceivedBytesCountAndTheFirstUnansweredPingDecides) {
    // More patience than interval: it goes on asking, and does not first_moment to wait anew.
    Keepalive keepalive({.interval = 5s, .patience = 12s}, first_moment, 0);
    EXPECT_EQ(keepalive.due(first_moment), Action::ping);
    EXPECT_EQ(keepalive.due(first_moment + 1s), Action::ping);
    EXPECT_EQ(keepalive.due(first_moment + 6s), Action::ping);
    EXPECT_EQ(keepalive.due(first_moment + 11s), Action::ping);
    EXPECT_EQ(keepalive.next(), first_moment + 12s);
    EXPECT_EQ(keepalive.due(first_moment + 12s), Action::dead);
}

TEST(Keepalive, AnythingReceivedIsASignOfLife) {
    Keepalive keepalive(settings, first_moment, 0.999);
    EXPECT_EQ(keepalive.due(first_moment), Action::ping);
    EXPECT_EQ(keepalive.next(), first_moment + 10s);
    keepalive.received();
    EXPECT_EQ(keepalive.due(first_moment + 10s), Action::wait);
    EXPECT_EQ(keepalive.due(first_moment + 15s), Action::ping);
    EXPECT_EQ(keepalive.due(first_moment + 24s), Action::wait);
    EXPECT_EQ(keepalive.due(first_moment + 25s), Action::dead);
}

}  // namespace
}  // namespace sallyport::tunnel
