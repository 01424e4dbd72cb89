#include "agent/http_backend.hpp"
#include "agent/overload.hpp"
#include "tests/support/call.hpp"
#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <tuple>

/// Several internal hosts, retries, and the circuit breaker, as requests meet them.
namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

mappings::Limits with_retries(std::uint32_t retries) {
    mappings::Limits limits;
    limits.retries = retries;
    return limits;
}

mappings::Limits left_alone_long() {
    mappings::Limits limits;
    limits.circuit.open_time = 1min;
    return limits;
}

/// A back end with two hosts.
struct TwoHosts {
    explicit TwoHosts(const mappings::Limits& limits = {}, std::size_t hosts = 2)
        : state(state_of(limits, hosts)), backend(loop, sweep, first, options_with(state)) {
        if (hosts > 1) backend.add_host(second, "s4.corp.local1", 44300);
    }
    ~TwoHosts() {
        group.cancel();
        test::run_until_done(loop, group);
    }
    static HttpBackend::Options options_with(MappingStatePtr state) {
        auto options = backend_options();
        options.host_header = HostHeader::internal_host;
        options.state = std::move(state);
        return options;
    }
    test::Call& call(std::string method = "GET", std::string body = {}) {
        auto& call = *calls.emplace_back(
            std::make_unique<test::Call>(loop, std::move(method), "/x", std::move(body)));
        call.start_on(caller, group);
        return call;
    }
    bool until(const std::function<bool()>& condition) {
        return test::run_until(loop, condition, 5s);
    }
    bool hears(FakeConnector& host, std::string_view text, std::size_t n = 0) {
        return until([&] { return host.made.size() > n && host.made[n]->hears(text); });
    }
    /// One request that the n-th connection of that host answers.
    bool answers(FakeConnector& host, test::Call& call, std::size_t n = 0) {
        if (!hears(host, "\r\n\r\n", n)) return false;
        host.made[n]->take();
        host.made[n]->say(ok);
        return until([&] { return call.over(); }) && call.good();
    }
    HostState::Snapshot seen(std::size_t host) const {
        return state->snapshot(net::Loop::now()).hosts.at(host);
    }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    FakeConnector first{loop, {}};
    FakeConnector second{loop, {}};
    MappingStatePtr state;
    HttpBackend backend;
    Caller caller{backend};
    net::TaskGroup group{loop};
    std::vector<std::unique_ptr<test::Call>> calls;
};

TEST(HttpHosts, TheFirstAnswersWhileItCan) {
    TwoHosts world;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(world.answers(world.first, world.call()));
    }
    EXPECT_EQ(world.second.made.size(), 0U);
    EXPECT_EQ(world.seen(0).answers, 3U);
}

TEST(HttpHosts, ARequestOfWhichNothingWasSentGoesToTheNextWhateverItIs) {
    TwoHosts world;
    world.first.refuses = true;
    ASSERT_TRUE(world.answers(world.second, world.call("POST", "body")));
    EXPECT_EQ(world.seen(0).failures, 1U);
    EXPECT_EQ(world.state->snapshot(net::Loop::now()).failed_over, 1U);
    EXPECT_EQ(world.state->snapshot(net::Loop::now()).retries, 0U) << "it costs no retry";
}

TEST(HttpHosts, TheNextIsCalledByItsOwnName) {
    TwoHosts world;
    world.first.refuses = true;
    auto& call = world.call();
    ASSERT_TRUE(world.hears(world.second, "\r\n\r\n"));
    EXPECT_THAT(world.second.made[0]->heard(), HasSubstr("host: s4.corp.local1:44300\r\n"));
    world.second.made[0]->say(ok);
    ASSERT_TRUE(world.until([&] { return call.over(); }));
}

TEST(HttpHosts, OneThatDoesNotConnectIsNotWaitedForAsLongAsTheLast) {
    TwoHosts world;
    world.first.refuses = world.second.refuses = true;
    const auto asked = net::Loop::now();
    auto& call = world.call();
    ASSERT_TRUE(world.until([&] { return call.over(); }));
    EXPECT_FALSE(call.good());
    EXPECT_EQ(world.caller.last, Errc::unavailable);
    EXPECT_LT(world.first.deadlines.at(0), net::Loop::now() + connect_timeout_of_many);
    EXPECT_GT(world.second.deadlines.at(0), asked + connect_timeout_of_many);
    EXPECT_EQ(world.first.deadlines.size() + world.second.deadlines.size(), 2U);
}

TEST(HttpHosts, AfterFailuresNobodyIsSentThere) {
    TwoHosts world(left_alone_long());
    world.first.refuses = true;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(world.answers(world.second, world.call()));
    }
    EXPECT_EQ(world.first.deadlines.size(), 5U);
    EXPECT_EQ(world.seen(0).state, CircuitBreaker::State::open);
}

TEST(HttpHosts, EachHasConnectionsOfItsOwnForEachLogin) {
    TwoHosts world;
    const auto jane = login_with({{"x-user", "jane"}});
    world.caller.login = jane;
    ASSERT_TRUE(world.answers(world.first, world.call()));
    world.first.refuses = true;
    world.first.made[0]->finish();
    ASSERT_TRUE(world.until([&] { return world.backend.open_connections() == 0; }));
    ASSERT_TRUE(world.answers(world.second, world.call()));
    world.caller.login = nullptr;
    ASSERT_TRUE(world.answers(world.second, world.call(), 1));
    EXPECT_EQ(world.second.logins, (std::vector<const Login*>{jane.get(), nullptr}));
}

TEST(HttpHosts, WhatMayHaveArrivedIsNotSentAgainUnlessAsked) {
    TwoHosts world;
    auto& call = world.call();
    ASSERT_TRUE(world.hears(world.first, "\r\n\r\n"));
    world.first.made[0]->close();
    ASSERT_TRUE(world.until([&] { return call.over(); }));
    EXPECT_EQ(world.caller.last, Errc::cut);
    EXPECT_EQ(world.second.made.size(), 0U);
}

TEST(HttpHosts, AskedForAnIdempotentRequestIsSentAgainToTheNext) {
    TwoHosts world(with_retries(1));
    auto& call = world.call();
    ASSERT_TRUE(world.hears(world.first, "\r\n\r\n"));
    world.first.made[0]->close();
    ASSERT_TRUE(world.answers(world.second, call));
    EXPECT_EQ(world.state->snapshot(net::Loop::now()).retries, 1U);
}

TEST(HttpHosts, WhatMustNotBeSentTwiceNeverIs) {
    for (const auto& [method, body, answer] :
         {std::tuple{"POST", "", ""}, std::tuple{"PUT", "body", ""},
          std::tuple{"GET", "", "HTTP/1.1 2"}, std::tuple{"PATCH", "", ""}}) {
        TwoHosts world(with_retries(5));
        auto& call = world.call(method, body);
        ASSERT_TRUE(world.hears(world.first, "\r\n\r\n"));
        world.first.made[0]->say(answer);
        test::settle(world.loop);
        world.first.made[0]->close();
        ASSERT_TRUE(world.until([&] { return call.over(); })) << method;
        EXPECT_FALSE(call.good());
        EXPECT_EQ(world.second.made.size(), 0U) << method;
    }
}

TEST(HttpHosts, RetriesAreBounded) {
    TwoHosts world(with_retries(2));
    auto& call = world.call();
    for (std::size_t n = 0; n < 3; ++n) {
        auto& host = n == 1 ? world.second : world.first;
        ASSERT_TRUE(world.hears(host, "\r\n\r\n", n / 2));
        host.made[n / 2]->close();
    }
    ASSERT_TRUE(world.until([&] { return call.over(); }));
    EXPECT_EQ(world.first.made.size() + world.second.made.size(), 3U);
}

TEST(HttpHosts, AHostThatComesUpAgainIsTriedAgainIfAskedFor) {
    TwoHosts world(with_retries(1), 1);
    world.first.refuses = true;
    auto& call = world.call();
    ASSERT_TRUE(world.until([&] { return world.first.deadlines.size() == 1; }));
    world.first.refuses = false;
    ASSERT_TRUE(world.answers(world.first, call));
}

TEST(HttpHosts, AnOpenCircuitTouchesNobody) {
    TwoHosts world(left_alone_long(), 1);
    world.first.refuses = true;
    for (int i = 0; i < 6; ++i) {
        auto& call = world.call();
        ASSERT_TRUE(world.until([&] { return call.over(); }));
    }
    EXPECT_EQ(world.first.deadlines.size(), 5U);
    EXPECT_THAT(world.calls.back()->trouble(), HasSubstr("circuit breaker"));
}

TEST(HttpHosts, ACallerWhoLeavesIsNoFailure) {
    TwoHosts world({}, 1);
    for (int i = 0; i < 20; ++i) {
        auto& call = world.call();
        ASSERT_TRUE(world.hears(world.first, "\r\n\r\n", static_cast<std::size_t>(i)));
        call.give_up();
        ASSERT_TRUE(world.until([&] { return call.over(); }));
    }
    EXPECT_EQ(world.seen(0).failures, 0U);
    EXPECT_EQ(world.seen(0).state, CircuitBreaker::State::closed);
}

TEST(HttpHosts, ItsOwnGatewayErrorsCountOnlyIfAskedFor) {
    for (const bool counts : {false, true}) {
        mappings::Limits limits;
        limits.circuit.gateway_errors = counts;
        limits.circuit.open_time = 1min;
        TwoHosts world(limits, 1);
        for (int i = 0; i < 5; ++i) {
            auto& call = world.call();
            ASSERT_TRUE(world.hears(world.first, "\r\n\r\n"));
            world.first.made[0]->take();
            world.first.made[0]->say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
            ASSERT_TRUE(world.until([&] { return call.over(); }));
            EXPECT_EQ(call.status(), 503);
        }
        EXPECT_EQ(world.seen(0).state == CircuitBreaker::State::open, counts);
    }
}

TEST(HttpHosts, AWaitForAConnectionEndsInTimeAndBlamesNobody) {
    auto options = backend_options();
    options.connections = 1;
    options.queue_timeout = 1ms;
    HttpWorld world(options);
    world.client->say("GET /x HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.server_hears("GET /x"));
    auto& second = world.add_client();
    second.say("GET /second HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return second.hears("HTTP/1.1 503 "); }));
    EXPECT_EQ(world.caller.last, Errc::limit);
    EXPECT_EQ(options.state->snapshot(net::Loop::now()).hosts.at(0).failures, 0U);
    world.server().say(ok);
    EXPECT_TRUE(world.client_hears("ok"));
}

}  // namespace
}  // namespace sallyport::agent
