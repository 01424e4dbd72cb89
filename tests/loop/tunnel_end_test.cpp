#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

/// How exchanges and links end, other than well.
namespace sallyport::test {
namespace {

using namespace std::chrono_literals;

/// "/wait" begins an answer and goes on until it is given up, "/silent" does not even begin.
net::Task<Result<void>> wait_for_ever(const http::RequestHead& head, http::Body& up,
                                      http::Answer& down) {
    if (head.target != "/wait" && head.target != "/silent")
        co_return co_await echo_target(head, up, down);
    if (head.target == "/wait") {
        down.start(head_of(200, http::BodySize::until_end()));
        co_await write_all(down, "begun");
    }
    while (!down.aborted()) co_await down.event().wait();
    co_return Error{Errc::aborted, "given up"};
}

TEST(TunnelEnd, ACallerThatGoesAwayIsNoticedByTheService) {
    TunnelWorld world(wait_for_ever);
    for (const auto* target : {"/wait", "/silent"}) {
        auto& caller = world.get(target);
        settle(world.loop);
        caller.give_up();
        ASSERT_TRUE(world.finish(caller));
        EXPECT_EQ(caller.error(), Errc::aborted);
    }
    ASSERT_TRUE(run_until(world.loop, [&] { return world.service.returns == 2; }));
    EXPECT_EQ(world.agent->workers(), 1U);
}

TEST(TunnelEnd, ACallerMayGoAwayBeforeItsRequestHasLeft) {
    TunnelWorld world(wait_for_ever);
    settle(world.loop);
    auto& caller = world.get("/wait");
    caller.give_up();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    const auto& next = world.get("/next");
    ASSERT_TRUE(world.finish(next));
    EXPECT_TRUE(next.good()) << next.trouble();
}

TEST(TunnelEnd, ARequestThatBreaksOffIsACutForTheServiceNotAShortBody) {
    std::string body;
    std::optional<http::Body::State> end;
    const Script script = [&](const http::RequestHead&, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        body = co_await read_all(up, down);
        end = up.state();
        co_return Error{Errc::cut, "request"};
    };
    TunnelWorld world(script);
    Ask ask;
    ask.method = "POST";
    ask.size = http::BodySize::until_end();
    ask.body = "half";
    ask.open_end = true;
    auto& caller = world.call(ask);
    settle(world.loop);
    caller.cut();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    ASSERT_TRUE(run_until(world.loop, [&] { return end.has_value(); }));
    EXPECT_EQ(end, http::Body::State::cut);
}

TEST(TunnelEnd, AThousandAbortsDoNotTouchAnotherClientsRequests) {
    TunnelWorld world(wait_for_ever);
    for (int round = 0; round < 50; ++round) {
        std::vector<Caller*> impatient;
        impatient.reserve(20);
        for (int i = 0; i < 20; ++i) impatient.push_back(&world.get(i % 2 ? "/wait" : "/silent"));
        const auto& other = world.get("/other");
        if (round % 2 == 0) settle(world.loop);
        for (auto* caller : impatient) caller->give_up();
        ASSERT_TRUE(world.finish(other));
        EXPECT_TRUE(other.good()) << other.trouble();
    }
    ASSERT_TRUE(world.finish_all());
    EXPECT_FALSE(world.ended());
    EXPECT_TRUE(world.hub->accepts_requests());
    settle(world.loop);
    EXPECT_EQ(world.service.calls, world.service.returns);
    EXPECT_EQ(world.agent->link().session().open_streams(), 0U);
}

TEST(TunnelEnd, ALinkThatBreaksFailsItsExchangesByHowFarTheyWere) {
    TunnelWorld world(wait_for_ever);
    const auto& begun = world.get("/wait");
    const auto& silent = world.get("/silent");
    settle(world.loop);
    world.hub_wire->close();
    ASSERT_TRUE(world.finish_all());
    ASSERT_TRUE(run_until(world.loop, [&] { return world.ended(); }));
    EXPECT_EQ(begun.error(), Errc::cut);
    EXPECT_EQ(begun.answer(), "begun");
    EXPECT_EQ(silent.error(), Errc::unavailable);
    EXPECT_EQ(world.service.returns, 2);
    const auto& late = world.get("/late");
    ASSERT_TRUE(world.finish(late));
    EXPECT_EQ(late.error(), Errc::not_begun);
}

TEST(TunnelEnd, ABlackHoleIsNoticedByTheHub) {
    TunnelOptions options;
    options.hub.keepalive = {.interval = 20ms, .patience = 30ms};
    TunnelWorld world(wait_for_ever, options);
    const auto& caller = world.get("/silent");
    settle(world.loop);
    world.hub_wire->black_hole();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::unavailable);
    EXPECT_EQ(world.hub->link().why().code, Errc::timed_out);
}

TEST(TunnelEnd, ABlackHoleIsNoticedByTheAgent) {
    TunnelOptions options;
    options.agent.keepalive = {.interval = 20ms, .patience = 30ms};
    TunnelWorld world(wait_for_ever, options);
    world.get("/silent");
    settle(world.loop);
    world.hub_wire->black_hole();
    ASSERT_TRUE(run_until(world.loop, [&] { return world.service.returns == 1; }));
    EXPECT_EQ(world.agent->link().why().code, Errc::timed_out);
}

TEST(TunnelEnd, AnIdleLinkIsKeptUpByItsPings) {
    TunnelOptions options;
    options.hub.keepalive = options.agent.keepalive = {.interval = 5ms, .patience = 500ms};
    TunnelWorld world(echo_target, options);
    const auto sent = [&] { return world.hub->link().writes() + world.agent->link().writes(); };
    ASSERT_TRUE(run_until(world.loop, [&] { return sent() > 40; }));
    EXPECT_FALSE(world.ended());
    EXPECT_GT(world.hub->link().round_trip().count(), 0);
}

/// Hands a request to the link if it takes one, as a hub does that has several links.
class Chooser final : public http::Service {
public:
    explicit Chooser(tunnel::ClientEnd& link) : link_(link) {}
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        if (link_.accepts_requests()) co_return co_await link_.serve(head, up, down);
        down.start(head_of(503, {}));
        down.finish({});
        co_return Result<void>{};
    }

private:
    tunnel::ClientEnd& link_;
};

TEST(TunnelEnd, AnAgentThatDrainsLosesNoRequest) {
    TunnelWorld world(echo_target);
    Chooser chooser(*world.hub);
    const auto ask_more = [&] {
        if (world.ended() || world.callers.size() > 20'000) return;
        for (int i = 0; i < 3; ++i) world.call(Ask{.target = "/some/path"}, chooser);
    };
    ASSERT_TRUE(run_until(world.loop, [&] {
        ask_more();
        return world.callers.size() > 300;
    }));
    world.agent->link().drain(net::deadline_in(20s));
    ASSERT_TRUE(run_until(world.loop, [&] {
        ask_more();
        return world.ended();
    }));
    ASSERT_TRUE(world.finish_all());
    std::size_t answered = 0;
    for (const auto& caller : world.callers) {
        // One that waited for its turn may be told that it has not begun, and go elsewhere.
        EXPECT_TRUE(caller->good() || caller->trouble().ends_with("(not begun)"))
            << caller->trouble();
        if (caller->status() == 200) ++answered;
    }
    EXPECT_GT(answered, 0U);
    EXPECT_LT(answered, world.callers.size());
    EXPECT_EQ(world.agent->link().session().open_streams(), 0U);
}

TEST(TunnelEnd, ALinkThatDrainsWaitsForTheExchangesThatRun) {
    TunnelWorld world(wait_for_ever);
    auto& running = world.get("/wait");
    settle(world.loop);
    world.hub->link().drain(net::deadline_in(20s));
    EXPECT_FALSE(world.hub->accepts_requests());
    settle(world.loop);
    EXPECT_FALSE(world.ended());
    running.give_up();
    ASSERT_TRUE(run_until(world.loop, [&] { return world.ended(); }));
}

TEST(TunnelEnd, ADrainEndsAtItsDeadline) {
    TunnelWorld world(wait_for_ever);
    const auto& stuck = world.get("/wait");
    settle(world.loop);
    world.agent->link().drain(net::deadline_in(50ms));
    ASSERT_TRUE(run_until(world.loop, [&] { return world.ended(); }));
    EXPECT_EQ(stuck.error(), Errc::cut);
    EXPECT_EQ(world.agent_why.code, Errc::aborted);
}

TEST(TunnelEnd, ACancelledAgentTakesItsExchangesAlong) {
    TunnelWorld world(wait_for_ever);
    world.get("/wait");
    world.get("/silent");
    settle(world.loop);
    world.tasks.cancel();
    ASSERT_TRUE(run_until(world.loop, [&] { return world.ended(); }));
    ASSERT_TRUE(world.finish_all());
    EXPECT_EQ(world.agent->link().session().open_streams(), 0U);
}

TEST(TunnelEnd, WorkersAreKeptForLaterButNotAll) {
    TunnelWorld world(wait_for_ever);
    for (int i = 0; i < 700; ++i) world.get("/wait");
    settle(world.loop);
    EXPECT_EQ(world.agent->workers(), 700U);
    for (const auto& caller : world.callers) caller->give_up();
    ASSERT_TRUE(world.finish_all());
    settle(world.loop);
    EXPECT_EQ(world.agent->workers(), std::size_t{tunnel::ServerEnd::idle_workers_max});
    const auto& next = world.get("/next");
    ASSERT_TRUE(world.finish(next));
    EXPECT_TRUE(next.good()) << next.trouble();
}

TEST(TunnelEnd, RequestsAboveTheStreamsOfALinkWaitForTheirTurn) {
    TunnelOptions options;
    options.agent.h2.streams_max = 10;
    TunnelWorld world(echo_target, options);
    settle(world.loop);  // the hub knows the agent's limit
    for (int i = 0; i < 100; ++i) world.get("/" + std::to_string(i));
    ASSERT_TRUE(world.finish_all());
    for (const auto& caller : world.callers) EXPECT_TRUE(caller->good()) << caller->trouble();
    EXPECT_LE(world.agent->workers(), 20U);
}

}  // namespace
}  // namespace sallyport::test
