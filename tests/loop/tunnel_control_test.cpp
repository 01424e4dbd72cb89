#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"
#include "tunnel/reserved_fields.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

/// A link whose hub has opened the control stream.
struct Talking {
    explicit Talking(const TunnelOptions& options = {})
        : world(echo_target, options), control(world.loop, [this](tunnel::ControlMessage message) {
              on_message(std::move(message));
          }) {
        tunnel::Hello hello;
        hello.program = "0.1.0";
        hello.location = "plant";
        hello.epoch = 7;
        hello.process = "abc";
        hello.virtual_hosts = {"erp.virtual:443"};
        world.control.greet_with(hello);
        world.hub->link().set_background_streams(1);
        world.tasks.spawn("control", run());
    }
    ~Talking() {
        world.hub->link().close({Errc::aborted, "the test is over"});
        EXPECT_TRUE(run_until(world.loop, [&] { return outcome.has_value(); }));
    }
    net::Task<void> run() { outcome = co_await control.run(*world.hub); }
    void on_message(tunnel::ControlMessage message) {
        heard.push_back(std::move(message));
        if (answer) answer();
    }

    std::vector<tunnel::ControlMessage> heard;  // by the hub
    std::function<void()> answer;
    std::optional<Result<void>> outcome;
    TunnelWorld world;
    tunnel::HubControl control;
};

TEST(TunnelControl, HelloAndWelcomeMeet) {
    Talking talk;
    talk.answer = [&] { talk.control.send(tunnel::Welcome{.program = "0.1.0", .workers = 2}); };
    ASSERT_TRUE(run_until(talk.world.loop, [&] { return talk.world.heard.size() == 1; }));
    ASSERT_EQ(talk.heard.size(), 1U);
    const auto& hello = std::get<tunnel::Hello>(talk.heard[0]);
    EXPECT_EQ(hello.location, "plant");
    EXPECT_EQ(hello.epoch, 7U);
    EXPECT_EQ(std::get<tunnel::Welcome>(talk.world.heard[0]).workers, 2U);
    talk.answer = nullptr;
    talk.world.control.send(tunnel::Restarting{std::chrono::milliseconds(500)});
    ASSERT_TRUE(run_until(talk.world.loop, [&] { return talk.heard.size() == 2; }));
    EXPECT_EQ(std::get<tunnel::Restarting>(talk.heard[1]).within, std::chrono::milliseconds(500));
    // Beside it, exchanges go on.
    const auto& caller = talk.world.get("/x");
    ASSERT_TRUE(talk.world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
}

TEST(TunnelControl, TheWordsOfARefusalArriveThoughTheLinkEndsWithThem) {
    for (const std::size_t chunk : {SIZE_MAX, std::size_t{1}, std::size_t{100}}) {
        TunnelOptions options;
        options.wire.chunk = chunk;
        Talking talk(options);
        talk.answer = [&] {
            talk.control.send(tunnel::Refused{"conflict", "somebody is there already"});
            talk.control.close();
            talk.world.hub->link().drain(net::deadline_in(std::chrono::seconds(5)));
        };
        ASSERT_TRUE(run_until(talk.world.loop, [&] { return talk.world.agent->link().ended(); }));
        settle(talk.world.loop);
        ASSERT_EQ(talk.world.heard.size(), 1U) << chunk;
        EXPECT_EQ(std::get<tunnel::Refused>(talk.world.heard[0]).code, "conflict");
    }
}

TEST(TunnelControl, AControlStreamAloneDoesNotKeepADrainingLinkUp) {
    Talking talk;
    ASSERT_TRUE(run_until(talk.world.loop, [&] { return talk.heard.size() == 1; }));
    talk.world.agent->link().set_background_streams(1);
    talk.world.agent->link().drain(net::deadline_in(std::chrono::seconds(20)));
    ASSERT_TRUE(run_until(talk.world.loop, [&] { return talk.world.agent->link().ended(); }));
    EXPECT_TRUE(run_until(talk.world.loop, [&] { return talk.world.hub->link().ended(); }));
}

TEST(TunnelControl, WhatIsNoMessageEndsTheStreamAndOnlyThat) {
    for (const auto* line : {"no json\n", "[1]\n", "{\"type\":7}\n", "{\"type\":\"hello\"}\n"}) {
        TunnelWorld world(echo_target);
        Ask ask;
        ask.upgrade = std::string(tunnel::reserved::control_protocol);
        ask.open_end = true;
        auto& control = world.call(ask);
        ASSERT_TRUE(run_until(world.loop, [&] { return control.status() == 101; }));
        control.say(line);
        ASSERT_TRUE(world.finish(control));
        EXPECT_FALSE(control.finished());
        EXPECT_TRUE(world.heard.empty());
        const auto& next = world.get("/next");
        ASSERT_TRUE(world.finish(next));
        EXPECT_TRUE(next.good()) << next.trouble();
    }
}

TEST(TunnelControl, ALineWithoutAnEndIsBounded) {
    TunnelWorld world(echo_target);
    Ask ask;
    ask.upgrade = std::string(tunnel::reserved::control_protocol);
    ask.open_end = true;
    ask.body = std::string(1'000'000, 'x');
    const auto& control = world.call(ask);
    ASSERT_TRUE(world.finish(control));
    EXPECT_FALSE(control.finished());
    EXPECT_LT(control.sent(), 1'000'000U);
}

TEST(TunnelControl, MessagesOfALaterVersionAreSkipped) {
    TunnelWorld world(echo_target);
    Ask ask;
    ask.upgrade = std::string(tunnel::reserved::control_protocol);
    ask.open_end = true;
    ask.body =
        "{\"type\":\"novelty\",\"x\":[1,{}]}\n"
        "{\"type\":\"welcome\",\"version\":1,\"program\":\"9\",\"workers\":3,\"more\":true}\n";
    auto& control = world.call(ask);
    ASSERT_TRUE(run_until(world.loop, [&] { return !world.heard.empty(); }));
    EXPECT_EQ(std::get<tunnel::Welcome>(world.heard[0]).workers, 3U);
    control.end();
    ASSERT_TRUE(world.finish(control));
    EXPECT_TRUE(control.good()) << control.trouble();
}

}  // namespace
}  // namespace sallyport::test
