#include "agent/http_backend.hpp"

#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

/// Heads and framing: what the back end gets to see, and what comes back.
namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: erp.virtual:8000\r\n\r\n";

TEST(HttpBackend, SendsTheTargetByteForByteAndOnlyFieldsThatTravel) {
    auto options = backend_options();
    options.strip = http::StripList({"SM_USER"});
    HttpWorld world(options);
    world.caller.login = login_with(
        {{"authorization", "Basic dGVjaA=="}, {"ssl_client_cert", "MII"}, {"x-api-key", "k"}});
    world.client->say(
        "PUT /a%2Fb('x')//;v=1?q={\"\\} HTTP/1.1\r\nHost: erp.virtual:8000\r\nX-B: 1\r\n"
        "X_API_Key: forged\r\n"
        "Authorization: Bearer theirs\r\nSSL-Client-Cert: forged\r\nX_Remote_User: forged\r\n"
        "Proxy-Authorization: Bearer hub\r\nsm-user: forged\r\nConnection: x-hop\r\nX-Hop: 1\r\n"
        "TE: trailers\r\nX-Forwarded-Host: theirs\r\nX-A: \xff\r\nContent-Length: 3\r\n\r\nabc");
    ASSERT_TRUE(world.server_hears("abc"));
    EXPECT_EQ(world.server().heard(),
              "PUT /a%2Fb('x')//;v=1?q={\"\\} HTTP/1.1\r\nhost: erp.virtual:8000\r\nx-b: 1\r\n"
              "connection: te\r\nte: trailers\r\nx-forwarded-host: theirs\r\nx-a: \xff\r\n"
              "authorization: Basic dGVjaA==\r\nssl_client_cert: MII\r\nx-api-key: k\r\n"
              "content-length: 3\r\n\r\nabc");
}

TEST(HttpBackend, WhatTheAgentSaysOfAUserNoTrailerSays) {
    HttpWorld world;
    world.caller.login = login_with({{"x-api-key", "k"}});
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\nX_Api_Key: forged\r\nSSL_CLIENT_CERT: forged\r\nX-Sum: 1\r\n\r\n");
    ASSERT_TRUE(world.server_hears("x-sum: 1\r\n\r\n"));
    EXPECT_THAT(world.server().heard(), ::testing::HasSubstr("0\r\nx-sum: 1\r\n"));
    EXPECT_THAT(world.server().heard(), ::testing::Not(::testing::HasSubstr("forged")));
}

TEST(HttpBackend, WithoutALoginTheClientsOwnAuthorizationTravels) {
    HttpWorld world;
    world.client->say("GET / HTTP/1.1\r\nHost: e\r\nAuthorization: Basic b3du\r\n\r\n");
    ASSERT_TRUE(world.server_hears("authorization: Basic b3du\r\n"));
    auto login = std::make_shared<Login>();
    login->drops_authorization = true;
    world.caller.login = login;
    world.client->say("GET /2 HTTP/1.1\r\nHost: e\r\nAuthorization: Basic b3du\r\n\r\n");
    world.server().say(ok);
    ASSERT_TRUE(world.server_hears("\r\n\r\n", 1));
    EXPECT_THAT(world.server(1).heard(), ::testing::Not(::testing::HasSubstr("authorization")));
}

TEST(HttpBackend, ShowsTheInternalHostWhereConfigured) {
    auto options = backend_options();
    options.host_header = HostHeader::internal_host;
    HttpWorld world(options);
    world.client->say(
        "GET / HTTP/1.1\r\nHost: Erp.Virtual:8000\r\nX-Forwarded-Host: forged\r\n"
        "X_Forwarded_Host: forged\r\n\r\n");
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    EXPECT_EQ(world.server().heard(),
              "GET / HTTP/1.1\r\nhost: s4.corp.local:44300\r\n"
              "x-forwarded-host: Erp.Virtual:8000\r\n\r\n");
}

TEST(HttpBackend, PassesTheAnswerWithItsReasonAndRewritesInternalNames) {
    HttpWorld world;
    world.client->say(get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say(
        "HTTP/1.1 302 Gleich da\r\nSet-Cookie: a=b; Domain=s4.corp.local\r\nSet-Cookie: c=d\r\n"
        "Location: https://s4.corp.local:44300/y\r\nKeep-Alive: timeout=5\r\n"
        "Sallyport_User: x\r\nX-Sallyport-Exchange: forged\r\n"
        "Proxy-Status: sallyport-agent; error=x\r\nProxy-Authenticate: Basic\r\n"
        "Content-Length: 0\r\n\r\n");
    ASSERT_TRUE(world.client_hears("\r\n\r\n"));
    EXPECT_EQ(world.client->heard(),
              "HTTP/1.1 302 Gleich da\r\nset-cookie: a=b; Domain=erp.virtual\r\nset-cookie: c=d\r\n"
              "location: http://erp.virtual:8000/y\r\nproxy-authenticate: Basic\r\n"
              "content-length: 0\r\n\r\n");
}

struct Framed {
    std::string_view method;
    std::string_view answer;
    std::string_view expected;
    bool kept;  // the connection to the back end
};

TEST(HttpBackend, UnderstandsEveryFraming) {
    const Framed cases[] = {
        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true},
        {"GET",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n",
         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nt: v\r\n\r\n",
         true},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", true},
        {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
         true},
        {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", true},
        {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
         "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", true},
        {"GET",
         "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
         true},
        {"GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
         "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na", false},
        {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
         "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na", false},
        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nax",
         "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na", false},
    };
    for (const std::size_t chunk : {std::size_t{1}, SIZE_MAX})
        for (const auto& one : cases) {
            HttpWorld world(backend_options(), {.chunk = chunk});
            world.client->say(std::string(one.method) + " / HTTP/1.1\r\nHost: e\r\n\r\n");
            ASSERT_TRUE(world.server_hears("\r\n\r\n"));
            world.server().say(one.answer);
            ASSERT_TRUE(world.until([&] { return world.caller.ends == 1; })) << one.answer;
            test::settle(world.loop);
            // A stream that arrives in single bytes also leaves in chunks of one.
            if (chunk > 1 || one.expected.find("chunked") == one.expected.npos) {
                EXPECT_EQ(world.client->heard(), one.expected);
            }
            EXPECT_EQ(world.backend.idle_connections(), one.kept ? 1U : 0U) << one.answer;
            EXPECT_FALSE(world.client->over());
        }
}

TEST(HttpBackend, AResponseWithoutFramingEndsWithTheConnection) {
    HttpWorld world;
    world.client->say(get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say("HTTP/1.1 200 OK\r\n\r\nabc");
    ASSERT_TRUE(world.client_hears("3\r\nabc\r\n"));
    EXPECT_FALSE(world.client->hears("0\r\n\r\n"));
    world.server().finish();
    ASSERT_TRUE(world.client_hears("0\r\n\r\n"));
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpBackend, EveryPieceOfAStreamIsPassedOnAtOnce) {
    HttpWorld world;
    world.client->say(get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    ASSERT_TRUE(world.client_hears("\r\n\r\n"));
    for (int i = 0; i < 5; ++i) {
        world.client->take();
        world.server().say("7\r\ndata: " + std::to_string(i) + "\r\n");
        ASSERT_TRUE(world.client_hears("data: " + std::to_string(i)));
    }
}

TEST(HttpBackend, UploadsWithEveryFramingAndTrailers) {
    HttpWorld world;
    world.client->say(
        "POST /x HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\nDigest: d\r\nAuthorization: forged\r\n\r\n");
    ASSERT_TRUE(world.server_hears("0\r\n"));
    EXPECT_EQ(world.server().take(),
              "POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\n"
              "3\r\nabc\r\n0\r\ndigest: d\r\n\r\n");
    world.server().say(ok);
    ASSERT_TRUE(world.client_hears("ok"));
    world.client->say("POST /y HTTP/1.1\r\nHost: e\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(world.server_hears("POST /y HTTP/1.1\r\nhost: e\r\ncontent-length: 0\r\n\r\n"));
    world.server().say(ok);
    ASSERT_TRUE(world.until([&] { return world.caller.ends == 2; }));
    world.server().take();
    world.client->say("DELETE /z HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.server_hears("DELETE /z HTTP/1.1\r\nhost: e\r\n\r\n"));
    EXPECT_EQ(world.connector.made.size(), 1U);
}

TEST(HttpBackend, TheClientWaitsForTheBackEndsOwnContinue) {
    HttpWorld world;
    world.client->say(
        "PUT /x HTTP/1.1\r\nHost: e\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(world.server_hears("expect: 100-continue\r\n"));
    test::settle(world.loop);
    EXPECT_EQ(world.client->heard(), "");
    world.server().say("HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_TRUE(world.client_hears("HTTP/1.1 100 Continue\r\n\r\n"));
    world.client->say("hi");
    ASSERT_TRUE(world.server_hears("hi"));
    world.server().say(ok);
    ASSERT_TRUE(world.client_hears("ok"));
    EXPECT_EQ(world.backend.idle_connections(), 1U);
}

// The prototype stood still here: the back end answered and went back to its pool while the upload
// was still running (specs of the data path, 6.3).
TEST(HttpBackend, AnAnswerDuringALargeUploadIsFinishedAndItsConnectionClosed) {
    HttpWorld world(backend_options(), {.room = 10'000});
    world.client->say("PUT /x HTTP/1.1\r\nHost: e\r\nContent-Length: 3000000\r\n\r\n");
    world.client->say(std::string(1'000'000, 'x'));
    ASSERT_TRUE(world.server_hears("xxx"));
    world.server().pause();
    world.server().say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    ASSERT_TRUE(world.client_hears("big"));
    ASSERT_TRUE(world.until([&] { return world.caller.ends == 1; }));
    EXPECT_EQ(world.caller.last, Errc{});
    EXPECT_EQ(world.backend.open_connections(), 0U);
    test::settle(world.loop);
    auto& other = world.add_client();
    other.say(get);
    ASSERT_TRUE(world.server_hears("GET /x", 1));
    world.server(1).say(ok);
    EXPECT_TRUE(world.until([&] { return other.hears("ok"); }));
}

TEST(HttpBackend, MovesMegabytesBothWaysAtOnce) {
    HttpWorld world(backend_options(), {.room = 30'000});
    const std::string body(3'000'000, 'u');
    world.client->say("PUT /x HTTP/1.1\r\nHost: e\r\nContent-Length: 3000000\r\n\r\n" + body);
    ASSERT_TRUE(world.server_hears("uuu"));
    world.server().say("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" +
                       std::string(4'000'000, 'd'));
    ASSERT_TRUE(world.until([&] { return world.caller.ends == 1; }));
    test::settle(world.loop);
    EXPECT_EQ(std::ranges::count(world.client->heard(), 'd'), 4'000'000);
    EXPECT_GE(std::ranges::count(world.server().heard(), 'u'), 3'000'000);
    EXPECT_EQ(world.backend.idle_connections(), 1U);
}

TEST(HttpBackend, AWebsocketThatComesAfterItsMappingHasClosedIsNotBegun) {
    HttpWorld world;
    world.backend.retire();
    world.client->say(
        "GET /ws HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.caller.ends == 1; }));
    EXPECT_EQ(world.caller.last, Errc::aborted);
    EXPECT_TRUE(world.connector.made.empty());
}

TEST(HttpBackend, AWebsocketIsUpgradedAndEachDirectionEndsByItself) {
    HttpWorld world;
    world.client->say(
        "GET /ws HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\n\r\n");
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    EXPECT_EQ(world.server().take(),
              "GET /ws HTTP/1.1\r\nhost: e\r\nsec-websocket-key: k\r\n"
              "connection: upgrade\r\nupgrade: websocket\r\n\r\n");
    world.server().say(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\nfirst");
    ASSERT_TRUE(world.client_hears("first"));
    EXPECT_TRUE(world.client->hears("sec-websocket-accept: a\r\nconnection: upgrade\r\n"));
    world.client->say("to the back end");
    ASSERT_TRUE(world.server_hears("to the back end"));
    world.client->finish();
    ASSERT_TRUE(world.until([&] { return world.server().ended(); }));
    world.server().say("last");
    world.server().finish();
    ASSERT_TRUE(world.client_hears("last"));
    ASSERT_TRUE(world.until([&] { return world.client->ended(); }));
    EXPECT_EQ(world.caller.last, Errc{});
    EXPECT_EQ(world.backend.open_connections(), 0U);
}

TEST(HttpBackend, ARefusedUpgradeComesBackAsItIs) {
    HttpWorld world;
    world.client->say(
        "GET /ws HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    ASSERT_TRUE(world.client_hears("\r\n\r\nno"));
    EXPECT_EQ(world.backend.idle_connections(), 1U);
}

TEST(HttpBackend, TheBackEndsEndOfAWebsocketIsTheEndOfIt) {
    HttpWorld world;
    world.client->say(
        "GET /ws HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n\r\nlast");
    world.server().finish();
    ASSERT_TRUE(world.client_hears("last"));
    EXPECT_TRUE(world.until([&] { return world.caller.ends == 1; }));
    EXPECT_EQ(world.caller.last, Errc{});
}

TEST(HttpBackend, AnUpgradeNeverAnnouncesABody) {
    // A hub that says otherwise would have the next request on the connection read as that body.
    for (const auto size : {http::BodySize::until_end(), http::BodySize::exactly(40)}) {
        HttpWorld world;
        world.caller.upgrade_body = size;
        world.client->say(
            "GET /ws HTTP/1.1\r\nHost: e\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        ASSERT_TRUE(world.server_hears("\r\n\r\n"));
        EXPECT_EQ(world.server().take(),
                  "GET /ws HTTP/1.1\r\nhost: e\r\nconnection: upgrade\r\n"
                  "upgrade: websocket\r\n\r\n");
    }
}

TEST(HttpBackend, ResponsesBeforeTheResponseHaveALimit) {
    HttpWorld world;
    world.client->say(get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    for (int i = 0; i <= HttpExchange::informs_max; ++i)
        world.server().say("HTTP/1.1 103 Early Hints\r\n\r\n");
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.caller.last, Errc::protocol);
}

TEST(HttpBackend, AnUpgradeThatNobodyAskedForIsNoAnswer) {
    HttpWorld world;
    world.client->say(get);
    ASSERT_TRUE(world.server_hears("\r\n\r\n"));
    world.server().say(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n\r\n");
    ASSERT_TRUE(world.client_hears("HTTP/1.1 502 "));
    EXPECT_EQ(world.caller.last, Errc::protocol);
}

}  // namespace
}  // namespace sallyport::agent
