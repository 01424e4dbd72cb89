#include "hub/synthetic_exchange.hpp"

#include "agent/ready_answer.hpp"
#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"
#include "tunnel/ready.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

using Took = std::optional<Result<std::chrono::microseconds>>;

net::Task<void> exchange(TunnelWorld& world, net::IdleSweep& sweep,
                         std::chrono::milliseconds patience, Took& took) {
    hub::SyntheticExchange one(world.loop, sweep);
    took = co_await one.run(*world.hub, patience);
}

Took make_one(TunnelWorld& world, std::chrono::milliseconds patience = tunnel::ready_patience) {
    net::IdleSweep sweep(world.loop);
    net::TaskGroup group(world.loop);
    Took took;
    group.spawn("exchange", exchange(world, sweep, patience, took));
    EXPECT_TRUE(run_until_done(world.loop, group));
    return took;
}

TEST(SyntheticExchange, GoesThereAndBackAndReachesNothing) {
    agent::ReadyAnswer ready;
    TunnelWorld world(echo_target, {.ready = &ready});
    for (int i = 0; i < 3; ++i) {
        const auto took = make_one(world);
        ASSERT_TRUE(took && *took) << to_text(took->error());
    }
    EXPECT_EQ(world.service.calls, 0);
    EXPECT_EQ(world.hub->streams(), 0U);
}

TEST(SyntheticExchange, IsNothingThatAClientCanAskFor) {
    agent::ReadyAnswer ready;
    TunnelWorld world(echo_target, {.ready = &ready});
    Ask ask;
    ask.authority = tunnel::ready_authority;
    ask.facts.exchange_id = "01JB2Q4V7W9K3M5N8P0R2T4V6X";
    const auto& caller = world.call(ask);
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.status(), 200);
    EXPECT_EQ(world.service.calls, 1);
}

TEST(SyntheticExchange, FailsAtAnAgentThatDoesNotKnowIt) {
    TunnelWorld world(echo_target);
    const auto took = make_one(world);
    ASSERT_TRUE(took);
    EXPECT_EQ(took->error().code, Errc::protocol);
}

TEST(SyntheticExchange, IsGivenUpInTime) {
    const Script never = [](const http::RequestHead&, http::Body&,
                            http::Answer& down) -> net::Task<Result<void>> {
        while (!down.aborted()) co_await down.event().wait();
        co_return Error{Errc::aborted, {}};
    };
    TunnelWorld world(never);
    const auto took = make_one(world, std::chrono::milliseconds(1));
    ASSERT_TRUE(took);
    EXPECT_EQ(took->error().code, Errc::timed_out);
}

}  // namespace
}  // namespace sallyport::test
