#include "agent/http_pool.hpp"

#include "tests/support/call.hpp"
#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

/// Connections kept, lost, repeated, limited, given up.
namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view short_get = "GET /x HTTP/1.1\r\nHost: e\r\n\r\n";

TEST(HttpPool, OneConnectionServesOneRequestAfterTheOther) {
    HttpWorld world;
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(world.warm_up());
    }
    EXPECT_EQ(world.connector.made.size(), 1U);
}

TEST(HttpPool, AnIdleConnectionThatEndsIsDroppedAtOnce) {
    HttpWorld world;
    ASSERT_TRUE(world.warm_up());
    world.server().finish();
    EXPECT_TRUE(world.until([&] { return world.backend.open_connections() == 0; }));
}

TEST(HttpPool, AnIdleConnectionThatSpeaksUnaskedIsDroppedAtOnce) {
    HttpWorld world;
    ASSERT_TRUE(world.warm_up());
    world.server().say("HTTP/1.1 408 Request Timeout\r\n\r\n");
    EXPECT_TRUE(world.until([&] { return world.backend.open_connections() == 0; }));
}

TEST(HttpPool, AnIdleConnectionAgesOut) {
    auto options = backend_options();
    options.idle_timeout = 1ms;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say(ok);
    ASSERT_TRUE(world.client_hears("ok"));
    EXPECT_TRUE(world.until([&] { return world.backend.open_connections() == 0; }));
}

TEST(HttpPool, ARequestThatMayBeRepeatedIsWhenAKeptConnectionTurnsOutDead) {
    HttpWorld world;
    ASSERT_TRUE(world.warm_up());
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.server().close();
    ASSERT_TRUE(world.server_hears("GET /x", 1));
    world.server(1).say(ok);
    ASSERT_TRUE(world.client_hears("ok"));
}

TEST(HttpPool, AFreshConnectionThatFailsIsNotRepeated) {
    HttpWorld world;
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.server().close();
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.caller.last, Errc::cut);
    EXPECT_EQ(world.connector.made.size(), 1U);
    EXPECT_FALSE(world.client->over());
}

TEST(HttpPool, WhatMustNotBeRepeatedIsNot) {
    for (const std::string_view request :
         {"POST /x HTTP/1.1\r\nHost: e\r\nContent-Length: 0\r\n\r\n",
          "PATCH /x HTTP/1.1\r\nHost: e\r\n\r\n",
          "PUT /x HTTP/1.1\r\nHost: e\r\nContent-Length: 3\r\n\r\nabc"}) {
        HttpWorld world;
        ASSERT_TRUE(world.warm_up());
        world.client->say(request);
        ASSERT_TRUE(world.server_hears("/x HTTP"));
        world.server().close();
        ASSERT_TRUE(world.client_hears("HTTP/1.1 502 ")) << request;
        EXPECT_EQ(world.connector.made.size(), 1U);
    }
}

TEST(HttpPool, AnAnswerThatBeganIsNotRepeated) {
    HttpWorld world;
    ASSERT_TRUE(world.warm_up());
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.server().say("HTTP/1.1 2");
    test::settle(world.loop);
    world.server().close();
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.connector.made.size(), 1U);
}

TEST(HttpPool, ARequestThatMustNotBeRepeatedAvoidsADeadConnection) {
    HttpWorld world;
    ASSERT_TRUE(world.warm_up());
    world.client->say("POST /x HTTP/1.1\r\nHost: e\r\nContent-Length: 0\r\n\r\n");
    world.server().finish();  // both wait for the same turn of the loop
    ASSERT_TRUE(world.server_hears("POST /x", 1));
    world.server(1).say(ok);
    ASSERT_TRUE(world.client_hears("ok"));
    EXPECT_FALSE(world.server(0).hears("POST"));
}

TEST(HttpPool, TheResponseTimeoutMayComeWhileARepeatedRequestWaitsForItsConnection) {
    auto options = backend_options();
    options.response_timeout = 50ms;
    HttpWorld world(options);
    ASSERT_TRUE(world.warm_up());
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.connector.hangs = true;
    world.server().close();
    ASSERT_TRUE(world.until([&] { return world.connector.connecting == 1; }));
    const auto expired = net::deadline_in(2 * options.response_timeout);
    ASSERT_TRUE(world.until([&] { return net::Loop::now() > expired; }));
    EXPECT_EQ(world.connector.connecting, 1);  // connecting has a limit of its own
}

TEST(HttpPool, WhoWaitedForAPlaceHasAllTheTimeToConnectStill) {
    auto options = backend_options();
    options.connections = 1;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.add_client().say(short_get);
    ASSERT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 1; }));
    const auto asked = net::Loop::now();
    ASSERT_TRUE(world.until([&] { return net::Loop::now() > asked; }));
    world.server().say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    ASSERT_TRUE(world.until([&] { return world.connector.deadlines.size() == 2; }));
    EXPECT_GT(world.connector.deadlines.back(), asked + options.connect_timeout);
}

TEST(HttpPool, ACallerWhoLeavesEndsTheWaitForAConnection) {
    HttpWorld world;
    world.connector.hangs = true;
    test::Call call(world.loop, "GET", "/x");
    call.start_on(world.caller, world.group);
    ASSERT_TRUE(world.until([&] { return world.connector.connecting == 1; }));
    call.give_up();
    ASSERT_TRUE(world.until([&] { return call.over(); }));
    EXPECT_EQ(world.caller.last, Errc::aborted);
    EXPECT_EQ(world.connector.connecting, 0);
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpPool, ACallerWhoHadLeftBeforeDoesNotWaitForAConnection) {
    HttpWorld world;
    world.connector.hangs = true;
    test::Call call(world.loop, "GET", "/x");
    call.give_up();
    call.start_on(world.caller, world.group);
    ASSERT_TRUE(world.until([&] { return call.over(); }));
    EXPECT_EQ(world.caller.last, Errc::aborted);
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpPool, MoreThanTheLimitWaitsAndMoreThanTheQueueIsRefused) {
    auto options = backend_options();
    options.connections = 1;
    options.waiting = 1;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    auto& second = world.add_client();
    second.say("GET /second HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 1; }));
    auto& third = world.add_client();
    third.say(short_get);
    ASSERT_TRUE(world.until([&] { return third.hears("HTTP/1.1 503 "); }));
    EXPECT_EQ(world.caller.last, Errc::limit);
    world.server().say(ok);
    ASSERT_TRUE(world.server_hears("GET /second"));
    EXPECT_EQ(world.connector.made.size(), 1U);
    world.server().say(ok);
    EXPECT_TRUE(world.until([&] { return second.hears("ok"); }));
}

TEST(HttpPool, AWaitingExchangeGetsThePlaceOfAConnectionThatWasClosed) {
    auto options = backend_options();
    options.connections = 1;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    auto& second = world.add_client();
    second.say("GET /second HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 1; }));
    world.server().say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(world.server_hears("GET /second", 1));
    EXPECT_EQ(world.backend.open_connections(), 1U);
}

TEST(HttpPool, AClientThatGoesAwayWhileWaitingLeavesTheQueue) {
    auto options = backend_options();
    options.connections = 1;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    auto& second = world.add_client();
    second.say(short_get);
    ASSERT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 1; }));
    second.close();
    EXPECT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 0; }));
}

TEST(HttpPool, AClientThatGoesAwayClosesItsConnectionToTheBackEndAtOnce) {
    HttpWorld world;
    world.client->say(short_get);
    ASSERT_TRUE(world.server_hears("GET /x"));
    world.client->close();
    ASSERT_TRUE(world.until([&] { return world.server().over(); }));
    EXPECT_EQ(world.caller.last, Errc::aborted);
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpPool, ABackEndThatDoesNotAnswerIsATimeOut) {
    auto options = backend_options();
    options.response_timeout = 1ms;
    HttpWorld world(options);
    world.client->say(short_get);
    ASSERT_TRUE(world.client_hears("HTTP/1.1 504 "));
    EXPECT_EQ(world.caller.last, Errc::timed_out);
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpPool, ATransferThatStandsStillIsCut) {
    auto options = backend_options();
    options.response_timeout = options.stall_timeout = 1ms;
    HttpWorld world(options);
    world.connector.greeting = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    world.client->say(short_get);
    ASSERT_TRUE(world.until([&] { return world.client->broken(); }));
    EXPECT_TRUE(world.client->hears("abc"));
    EXPECT_EQ(world.caller.last, Errc::timed_out);
}

TEST(HttpPool, ABackEndThatIsNotThereOrTalksNonsense) {
    HttpWorld world;
    world.connector.refuses = true;
    world.client->say(short_get);
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.caller.last, Errc::unavailable);
    world.client->take();
    world.connector.refuses = false;
    world.connector.greeting = "220 mail.corp.local ESMTP\r\n";
    world.client->say(short_get);
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.caller.last, Errc::protocol);
    EXPECT_FALSE(world.client->over());
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpPool, ACutBodyIsACutForTheClient) {
    for (const std::string_view start :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
        HttpWorld world;
        world.client->say(short_get);
        ASSERT_TRUE(world.server_hears("GET /x"));
        world.server().say(start);
        world.server().finish();
        ASSERT_TRUE(world.until([&] { return world.client->broken(); }));
        EXPECT_TRUE(world.client->hears("abc"));
        EXPECT_EQ(world.caller.last, Errc::cut);
    }
}

TEST(HttpPool, AConnectionThatAuthenticatesItselfIsNeverKept) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"Authorization: Negotiate YII\r\n", ""}, {"authorization: NTLM TlRM\r\n", ""},
        {"", "WWW-Authenticate: Negotiate\r\n"},  {"", "WWW-Authenticate: Basic realm=x, NTLM\r\n"},
        {"", "Proxy-Authenticate: ntlm\r\n"},
    };
    for (const auto& [asked, answered] : cases) {
        HttpWorld world;
        world.client->say("GET /x HTTP/1.1\r\nHost: e\r\n" + std::string(asked) + "\r\n");
        ASSERT_TRUE(world.server_hears("GET /x"));
        world.server().say("HTTP/1.1 401 Unauthorized\r\n" + std::string(answered) +
                           "Content-Length: 0\r\n\r\n");
        ASSERT_TRUE(world.client_hears(" 401 "));
        ASSERT_TRUE(world.until([&] { return world.caller.ends == 1; }));
        EXPECT_EQ(world.backend.open_connections(), 0U) << asked << answered;
    }
}

TEST(HttpPool, TwoHundredExchangesShareTenConnectionsWithoutMixingAnswers) {
    auto options = backend_options();
    options.connections = 10;
    HttpWorld world(options);
    std::vector<test::WireTalk*> clients;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(&world.add_client());
        clients.back()->say("GET /" + std::to_string(i) + "/ HTTP/1.1\r\nHost: e\r\n\r\n");
    }
    // Each server answers with the target that it was asked for.
    const auto serve_all = [&] {
        for (auto& server : world.connector.made) {
            if (!server->hears("\r\n\r\n")) continue;
            const auto heard = server->take();
            const auto target = heard.substr(4, heard.find(" HTTP") - 4);
            server->say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(target.size()) +
                        "\r\n\r\n" + target);
        }
        return world.caller.ends == 200;
    };
    ASSERT_TRUE(world.until(serve_all));
    test::settle(world.loop);
    for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(clients[static_cast<std::size_t>(i)]->heard().ends_with(
            "\r\n\r\n/" + std::to_string(i) + "/"));
    EXPECT_LE(world.connector.made.size(), 10U);
}

}  // namespace
}  // namespace sallyport::agent
