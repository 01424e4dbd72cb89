#include "net/reconnect.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using namespace std::chrono_literals;

TEST(Reconnect, DoublesUpToTheCeilingAndStartsAgainAfterAHealthyConnection) {
    Reconnect reconnect({.first = 500ms, .ceiling = 3s, .healthy_after = 10s});

    EXPECT_EQ(reconnect.next_delay(0.999999, {}), 499ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {}), 999ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {.lived = 9s}), 1999ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {}), 2999ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {}), 2999ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {.lived = 10s}), 499ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {}), 999ms);
    EXPECT_EQ(reconnect.next_delay(0.999999, {.planned = true}), 499ms);
    EXPECT_EQ(reconnect.next_delay(0.0, {}), 0ms);
}

}  // namespace
}  // namespace sallyport::net
