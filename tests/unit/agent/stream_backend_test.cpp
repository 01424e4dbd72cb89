#include "agent/stream_backend.hpp"

#include "tests/unit/agent/stream_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(StreamBackend, CarriesBytesBothWays) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().say("220 ready\r\n");
    ASSERT_TRUE(world.until([&] { return caller.answer() == "220 ready\r\n"; }));
    caller.say("QUIT\r\n");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "QUIT\r\n"; }));
}

TEST(StreamBackend, AnInternalSystemThatHasEndedIsStillTold) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().say("bye");
    world.system().finish();
    ASSERT_TRUE(world.until([&] { return caller.finished(); }));
    EXPECT_FALSE(caller.over());
    caller.say("last words");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "last words"; }));
    caller.end();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    ASSERT_TRUE(world.until([&] { return world.system().over(); }));
    EXPECT_TRUE(world.system().ended()) << "an orderly end, though nothing was left to be sent";
    EXPECT_FALSE(world.fate.was_reset);
}

TEST(StreamBackend, IsNotOverBeforeEverythingIsOut) {
    StreamWorld world;
    auto& caller = world.connected();
    world.fate.holds = true;
    world.system().finish();
    caller.say("last words");
    caller.end();
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    test::settle(world.loop);
    EXPECT_FALSE(caller.over());
    world.fate.holds = false;
    world.fate.ready->on_ready();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
}

TEST(StreamBackend, ACallerThatHasEndedIsStillAnswered) {
    StreamWorld world;
    auto& caller = world.connected();
    caller.say("all I want");
    caller.end();
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_FALSE(caller.over());
    world.system().say("the answer");
    world.system().finish();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.answer(), "the answer");
    EXPECT_FALSE(world.fate.was_reset);
}

TEST(StreamBackend, ACallerThatBreaksOffIsNoEndToTheInternalSystem) {
    for (const auto how : {&test::Caller::cut, &test::Caller::give_up}) {
        StreamWorld world;
        auto& caller = world.connected();
        (caller.*how)();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::aborted);
        EXPECT_TRUE(world.fate.was_reset);
    }
}

TEST(StreamBackend, AnInternalSystemThatBreaksOffIsNoEndToTheCaller) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().close();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::cut);
    EXPECT_FALSE(caller.finished());
}

TEST(StreamBackend, AResetOfWhichAWriteWasToldIsNoEndEither) {
    StreamWorld world;
    auto& caller = world.connected();
    world.fate.lost = true;
    caller.say(std::string(http::WireOutput::direct_bytes_min, 'x'));
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::cut);
    EXPECT_FALSE(caller.finished());
}

TEST(StreamBackend, WhatStandsStillInBothDirectionsEnds) {
    auto options = stream_options();
    options.idle_timeout = 1ms;
    StreamWorld world(std::move(options));
    auto& caller = world.connected();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::timed_out);
    EXPECT_FALSE(caller.finished());
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(StreamBackend, ItsStreamsAreCounted) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    auto& first = world.connected();
    auto& second = world.call();
    ASSERT_TRUE(world.ends(second));
    EXPECT_EQ(second.error(), Errc::limit);
    EXPECT_EQ(second.status(), 0);
    EXPECT_EQ(world.connector.made.size(), 1U);
    first.give_up();
    ASSERT_TRUE(world.ends(first));
    world.connected();
}

TEST(StreamBackend, AnInternalSystemThatCannotBeReachedTakesNoPlace) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    world.connector.refuses = true;
    for (int i = 0; i < 2; ++i) {
        auto& caller = world.call();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::unavailable);
        EXPECT_EQ(caller.status(), 0) << "the answer is whoever called's to give";
    }
}

TEST(StreamBackend, TheNextHostIsConnectedWithWhereTheFirstCannotBe) {
    StreamWorld* there = nullptr;
    FakeConnector* second = nullptr;
    std::vector<std::uint16_t> ports;
    auto options = stream_options();
    options.state = state_of({}, 2);
    options.others.push_back({.way =
                                  [&](std::uint16_t port) {
                                      ports.push_back(port);
                                      auto made = std::make_unique<FakeConnector>(
                                          there->loop, test::WireOptions{});
                                      second = made.get();
                                      return made;
                                  },
                              .first_internal_port = 25432});
    StreamWorld world(std::move(options));
    there = &world;
    world.connector.refuses = true;
    world.connected();
    EXPECT_EQ(world.ports, std::vector<std::uint16_t>{15432});
    EXPECT_EQ(ports, std::vector<std::uint16_t>{25432});
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->made.size(), 1U);
}

TEST(StreamBackend, ACallerWhoLeavesIsNotConnectedAnyMore) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    world.connector.hangs = true;
    auto& caller = world.call();
    ASSERT_TRUE(world.until([&] { return world.connector.connecting == 1; }));
    caller.give_up();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    EXPECT_EQ(world.connector.connecting, 0);
    world.connector.hangs = false;
    world.connected();
}

TEST(StreamBackend, AnAgentThatStopsBreaksOff) {
    StreamWorld world;
    world.connected();
    world.group.cancel();
    ASSERT_TRUE(test::run_until_done(world.loop, world.group));
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(StreamBackend, AReloadThatRemovesTheMappingEndsItsStreams) {
    StreamWorld world;
    auto& caller = world.connected();
    world.backend.retire();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(StreamBackend, StreamsEndWhenTheirMappingExpiresAndNoneBeginsBehindIt) {
    StreamWorld world;
    auto& caller = world.connected();
    world.backend.expire_at(std::chrono::system_clock::now() + 1h);
    test::settle(world.loop);
    EXPECT_FALSE(caller.over());
    world.backend.expire_at(std::chrono::system_clock::now() - 1s);
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    EXPECT_TRUE(world.fate.was_reset);
    auto& late = world.call();
    ASSERT_TRUE(world.ends(late));
    EXPECT_EQ(late.error(), Errc::aborted);
    world.backend.expire_at(std::chrono::system_clock::now() + 1h);
    world.connected();
}

TEST(StreamBackend, EveryPortOfARangeHasItsOwnWay) {
    StreamWorld world;
    for (const auto* authority : {"db.virtual:5433", "db.virtual:5432", "DB.virtual:5433"}) {
        auto& caller = world.call(authority);
        ASSERT_TRUE(world.until([&] { return caller.status() == 200; }));
    }
    EXPECT_THAT(world.ports, ElementsAre(15433, 15432));
    for (const auto* authority : {"db.virtual:5431", "db.virtual", "db.virtual:0"}) {
        auto& caller = world.call(authority);
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::malformed) << authority;
    }
}

TEST(StreamBackend, ACallerWhoDoesNotReadHoldsUpTheInternalSystem) {
    constexpr std::size_t room = 64 * 1024;
    constexpr std::size_t much = 8 * http::WireInput::capacity;
    StreamWorld world(stream_options(), {.room = room});
    auto& caller = world.connected();
    caller.pause();
    world.system().say(std::string(much, 'x'));
    test::settle(world.loop);
    EXPECT_GE(world.system().unsent(), much - room - http::WireInput::capacity);
    world.system().finish();
    caller.end();
    caller.resume();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), much);
}

}  // namespace
}  // namespace sallyport::agent
