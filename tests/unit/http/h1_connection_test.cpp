#include "http/h1_connection.hpp"

#include "tests/unit/http/server_world.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

TEST(H1Connection, AnswersOneRequestAfterTheOther) {
    ServerWorld world(echo);
    world.client->say("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("GET /1 "));
    EXPECT_EQ(world.client->take(),
              "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 7\r\n\r\nGET /1 ");
    world.client->say(
        "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\n\r\n");
    ASSERT_TRUE(world.until_heard("POST /2 abc"));
}

net::Task<Result<void>> throw_at_bad(const RequestHead& head, Body& up, Answer& down) {
    if (head.target == "/bad") throw std::length_error("a bug");
    co_return co_await echo(head, up, down);
}

TEST(H1Connection, AnExceptionOfTheServiceIsTheEndOfItsOwnExchangeOnly) {
    ServerWorld world(throw_at_bad);
    world.client->say("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("HTTP/1.1 500 "));
    world.client->say("GET /good HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(world.until_heard("GET /good "));
}

TEST(H1Connection, ReadsTheSameWhereverTheWireSplitsIt) {
    ServerWorld world(echo, {.chunk = 1});
    for (int i = 0; i < 3; ++i)
        world.client->say(
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "5\r\nhello\r\n2;e\r\n, \r\n5\r\nworld\r\n0\r\nT: v\r\n\r\n"
            "PUT /y HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    world.client->say("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->ended());
    EXPECT_EQ(world.service.calls, 7);
    EXPECT_TRUE(world.client->hears("POST /x hello, world"));
    EXPECT_TRUE(world.client->hears("PUT /y abc"));
    EXPECT_TRUE(world.client->hears("connection: close\r\n\r\nGET /last "));
}

TEST(H1Connection, PipelinedRequestsAreServedInOrder) {
    ServerWorld world(echo);
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    world.client->say(all);
    ASSERT_TRUE(world.until_heard("GET /99 "));
    EXPECT_LT(world.client->heard().find("GET /7 "), world.client->heard().find("GET /8 "));
    EXPECT_EQ(world.service.calls, 100);
}

TEST(H1Connection, AHeadBrokenByTheCodecGetsJsonAndTheEnd) {
    ServerWorld world(echo);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_TRUE(world.client->hears("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(world.client->hears("content-type: application/json\r\n"));
    EXPECT_TRUE(world.client->hears("proxy-status: sallyport-hub; error=http_request_error;"));
    EXPECT_TRUE(world.client->hears("connection: close\r\n"));
    EXPECT_TRUE(world.client->hears("{\"error\":{\"code\":\"malformed_request\""));
    world.client->finish();
    ASSERT_TRUE(world.until_gone());
    EXPECT_EQ(world.service.calls, 0);
}

struct Framed {
    std::string_view request;
    int status;
    BodySize size;
    std::string_view body;
    std::string_view expected;
};

TEST(H1Connection, FramesEveryKindOfAnswer) {
    const Framed cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodySize::exactly(0), "",
         "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodySize{}, "",
         "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodySize::until_end(), "abc",
         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nt: v\r\n\r\n"},
        {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodySize::exactly(9), "abcdefghi",
         "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"},
        {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodySize::until_end(), "abc",
         "HTTP/1.1 200 OK\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 204, BodySize::until_end(), "",
         "HTTP/1.1 204 No Content\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 304, BodySize::exactly(5), "",
         "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"},
        {"GET / HTTP/1.0\r\n\r\n", 200, BodySize::until_end(), "abc",
         "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc"},
        {"GET / HTTP/1.0\r\n\r\n", 200, BodySize::exactly(3), "abc",
         "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc"},
    };
    for (const auto& one : cases) {
        Script script = [&one](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
            down.start(head_of(one.status, one.size));
            down.write(as_bytes(one.body));
            const Field trailers[] = {{"t", "v"}};
            down.finish(trailers);
            co_return Result<void>();
        };
        ServerWorld world(script);
        world.client->say(one.request);
        test::settle(world.loop);
        EXPECT_EQ(world.client->heard(), one.expected);
        EXPECT_EQ(world.client->ended(), one.request.find("1.0") != std::string_view::npos);
    }
}

TEST(H1Connection, PassesInformationalAnswersButInventsNone) {
    Script script = [](const RequestHead&, Body& up, Answer& down) -> net::Task<Result<void>> {
        down.inform(head_of(100, {}));
        const auto body = co_await read_all(up, down);
        down.start(head_of(200, BodySize::exactly(body.size())));
        down.write(as_bytes(body));
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_TRUE(world.until_heard("HTTP/1.1 100 Continue\r\n\r\n"));
    world.client->say("ok");
    ASSERT_TRUE(world.until_heard("\r\n\r\nok"));
    EXPECT_FALSE(world.client->hears("connection: close"));
}

TEST(H1Connection, AnErrorBeforeTheAnswerBecomesARefusalAndTheConnectionStays) {
    Script script = [](const RequestHead&, Body&, Answer&) -> net::Task<Result<void>> {
        co_return Error{Errc::timed_out, "internal.corp took too long"};
    };
    ServerWorld world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_TRUE(world.client->hears("HTTP/1.1 504 Gateway Timeout\r\n"));
    EXPECT_FALSE(world.client->hears("internal.corp"));
    EXPECT_FALSE(world.client->over());
}

TEST(H1Connection, AnUpgradeCarriesRawBytesAndKeepsTheHalfClose) {
    Script script = [](const RequestHead& head, Body& up, Answer& down) -> net::Task<Result<void>> {
        EXPECT_EQ(head.upgrade, "websocket");
        const Field fields[] = {{"sec-websocket-accept", "x"}};
        down.start(head_of(101, BodySize::until_end(), fields));
        const auto text = co_await read_all(up, down);
        EXPECT_EQ(up.state(), Body::State::ended);
        co_await write_all(down, "you said " + text);
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script);
    world.client->say(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw");
    ASSERT_TRUE(world.until_heard("\r\n\r\n"));
    EXPECT_EQ(world.client->take(),
              "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\n"
              "connection: upgrade\r\nupgrade: websocket\r\n\r\n");
    world.client->say(" bytes");
    world.client->finish();
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->ended());
    EXPECT_EQ(world.client->heard(), "you said raw bytes");
}

TEST(H1Connection, ARequestRelocatesWithEverythingThatWasReceived) {
    Script script = [](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        EXPECT_TRUE(down.relocate(3));
        co_return Result<void>();
    };
    ServerWorld world(script);
    const std::string text = "PUT /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabcGET /";
    world.client->say(text);
    ASSERT_TRUE(world.until_gone());
    ASSERT_TRUE(world.relocation.has_value());
    EXPECT_EQ(world.relocation->worker, 3U);
    EXPECT_EQ(world.relocation->buffered, text);

    test::ScriptedService other(echo);
    H1Connection there(world.loop, world.sweep, std::move(world.relocation->duplex), other,
                       world.limits, world.relocation->buffered);
    auto go_on = [](H1Connection& connection) -> net::Task<void> {
        (void)co_await connection.run();
    };
    world.group.spawn("there", go_on(there));
    world.client->say("y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->hears("PUT /x abc"));
    EXPECT_TRUE(world.client->hears("GET /y "));
    world.client->finish();
    ASSERT_TRUE(world.until_gone());
}

TEST(H1Connection, DrainFinishesTheRunningExchangeAndCloses) {
    bool go = false;
    net::Event* event = nullptr;
    Script script = [&](const RequestHead& head, Body& up,
                        Answer& down) -> net::Task<Result<void>> {
        event = &down.event();
        while (!go) co_await down.event().wait();
        co_return co_await echo(head, up, down);
    };
    ServerWorld world(script);
    world.client->say("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return event != nullptr; }));
    world.connection->drain();
    go = true;
    event->set();
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->hears("connection: close\r\n"));
    EXPECT_TRUE(world.client->hears("GET /x "));

    ServerWorld idle(echo);
    test::settle(idle.loop);
    idle.connection->drain();
    EXPECT_TRUE(idle.until_over());
}

}  // namespace
}  // namespace sallyport::http
