#include "http/h1_connection.hpp"
#include "http/pump.hpp"
#include "tests/unit/http/server_world.hpp"

#include <gtest/gtest.h>

/// Bodies that are large, slow, cut or not wanted.
namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

net::Task<Result<void>> answer_at_once(const RequestHead&, Body&, Answer& down) {
    down.start(head_of(403, BodySize::exactly(2)));
    down.write(as_bytes("no"));
    down.finish();
    co_return Result<void>();
}

TEST(H1Connection, AnEarlyAnswerDropsASmallRestOfTheRequestAndGoesOn) {
    ServerWorld world(answer_at_once);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    ASSERT_TRUE(world.until_heard("no"));
    world.client->take();
    world.client->say("defGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("no"));
    EXPECT_EQ(world.service.calls, 2);
}

TEST(H1Connection, AnEarlyAnswerToALargeUploadIsHeardBeforeTheEnd) {
    ServerWorld world(answer_at_once);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    world.client->say(std::string(3'000'000, 'x'));
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->hears("no"));
    EXPECT_EQ(world.service.calls, 1);
}

TEST(H1Connection, ARefusedExpectationEndsTheConnection) {
    ServerWorld world(answer_at_once);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_TRUE(world.until_heard("no"));
    EXPECT_TRUE(world.client->hears("connection: close\r\n"));
}

TEST(H1Connection, AClientThatGoesAwayAbortsTheExchange) {
    bool aborted = false;
    Script script = [&](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        while (!down.aborted()) co_await down.event().wait();
        aborted = true;
        co_return Error{Errc::aborted, {}};
    };
    ServerWorld world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.service.calls == 1; }));
    test::settle(world.loop);
    EXPECT_FALSE(aborted);
    world.client->close();
    ASSERT_TRUE(world.until_gone());
    EXPECT_TRUE(aborted);
}

TEST(H1Connection, AnErrorInTheMiddleIsSeenAsACut) {
    for (const auto size : {BodySize::exactly(10), BodySize::until_end()}) {
        Script script = [size](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
            down.start(head_of(200, size));
            down.write(as_bytes("abc"));
            co_return Error{Errc::cut, {}};
        };
        ServerWorld world(script);
        world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_TRUE(world.until_over());
        EXPECT_TRUE(world.client->hears("abc"));
        EXPECT_FALSE(world.client->hears("abc\r\n0\r\n"));
    }
}

TEST(H1Connection, AShortBodyIsACutToo) {
    Script script = [](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, BodySize::exactly(10)));
        down.write(as_bytes("abc"));
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.client->broken(); }));
}

TEST(H1Connection, MovesManyMegabytesBothWaysAtOnce) {
    Script script = [](const RequestHead&, Body& up, Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, BodySize::until_end()));
        while (true) {
            const auto pumped = pump(up, down);
            if (pumped == Pumped::ended) break;
            if (pumped == Pumped::more) down.event().set();
            co_await down.event().wait();
        }
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script, {.room = 50'000});
    std::string body(8'000'000, 'x');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n");
    world.client->say(body);
    ASSERT_TRUE(world.until_over());
    // Taken apart by hand: what arrived is chunked.
    std::string got;
    std::string_view heard = world.client->heard();
    heard.remove_prefix(heard.find("\r\n\r\n") + 4);
    while (true) {
        const auto line = heard.find("\r\n");
        ASSERT_NE(line, std::string_view::npos);
        const auto size = std::stoul(std::string(heard.substr(0, line)), nullptr, 16);
        if (size == 0) break;
        got += heard.substr(line + 2, size);
        heard.remove_prefix(line + 2 + size + 2);
    }
    EXPECT_TRUE(got == body);
}

TEST(H1Connection, ASlowReaderStopsTheWriterAtTheLimit) {
    std::size_t taken_in_all = 0;
    Script script = [&](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, BodySize::until_end()));
        const std::string piece(10'000, 'x');
        while (taken_in_all < 5'000'000) {
            const auto taken = down.write(as_bytes(piece));
            taken_in_all += taken;
            if (taken == 0) co_await down.event().wait();
        }
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script, {.room = 1000});
    world.client->pause();
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    test::settle(world.loop);
    EXPECT_GT(taken_in_all, 200'000U);
    EXPECT_LT(taken_in_all, 300'000U);
    world.client->resume();
    ASSERT_TRUE(world.until_heard("0\r\n\r\n"));
    EXPECT_EQ(taken_in_all, 5'000'000U);
}

TEST(H1Connection, ASlowHeadIsRefusedAndAnIdleConnectionClosed) {
    ServerLimits limits;
    limits.head_timeout = 1ms;
    ServerWorld slow(echo, {}, limits);
    slow.client->say("GET / HT");
    ASSERT_TRUE(slow.until_over());
    EXPECT_TRUE(slow.client->hears("HTTP/1.1 408 "));

    limits.idle_timeout = 1ms;
    ServerWorld idle(echo, {}, limits);
    ASSERT_TRUE(idle.until_over());
    EXPECT_EQ(idle.client->heard(), "");
}

TEST(H1Connection, AClientThatStopsSendingItsBodyIsGivenUp) {
    ServerLimits limits;
    limits.idle_timeout = limits.stall_timeout = 1ms;
    ServerWorld world(echo, {}, limits);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    ASSERT_TRUE(world.until_over());
    EXPECT_EQ(world.service.returns, 1);
}

TEST(H1Connection, AClientThatDripsItsBodyIsGivenUp) {
    ServerLimits limits;
    limits.idle_timeout = limits.stall_timeout = 1ms;
    limits.progress_bytes_min = 1'000'000'000;  // whatever this machine writes in one deadline
    ServerWorld world(echo, {}, limits);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    // A byte between any two deadlines: it moves all the time, and gets nowhere.
    EXPECT_TRUE(world.until([&] {
        if (world.service.returns == 0) world.client->say("x");
        return world.service.returns == 1;
    }));
    EXPECT_TRUE(world.until_gone());
}

/// Counts the looks of a sweep at what is overdue.
struct Looks final : net::IdleSweep::Watched {
    explicit Looks(net::IdleSweep& s) : sweep(s) { sweep.add(*this, net::deadline_in(1ms)); }
    void on_deadline() override {
        ++count;
        sweep.add(*this, net::deadline_in(1ms));
    }
    net::IdleSweep& sweep;
    int count = 0;
};

TEST(H1Connection, AStreamWhoseAnswerHasBegunMayRest) {
    ServerLimits limits;
    limits.idle_timeout = limits.stall_timeout = 1ms;
    bool told = false;
    Script script = [&](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, BodySize::until_end()));
        co_await write_all(down, "first");
        while (!told && !down.aborted()) co_await down.event().wait();
        co_await write_all(down, "last");
        down.finish();
        co_return Result<void>();
    };
    ServerWorld world(script, {}, limits);
    Looks looks(world.sweep);
    // Its body never ends, as that of a stream in both directions.
    world.client->say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    ASSERT_TRUE(world.until_heard("first"));
    const auto before = looks.count;
    ASSERT_TRUE(world.until([&] { return looks.count >= before + 3; }));
    told = true;
    world.client->say("1\r\nx\r\n");
    EXPECT_TRUE(world.until_heard("last"));
}

TEST(H1Connection, AClientThatTakesNothingIsGivenUp) {
    ServerLimits limits;
    limits.idle_timeout = limits.stall_timeout = 1ms;
    Script script = [](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, BodySize::until_end()));
        const std::string piece(20'000, 'x');
        while (!down.aborted())
            if (down.write(as_bytes(piece)) == 0) co_await down.event().wait();
        co_return Error{Errc::aborted, {}};
    };
    ServerWorld world(script, {.room = 1000}, limits);
    world.client->pause();
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(world.until_gone());
}

TEST(H1Connection, ACutChunkedRequestIsNoCompleteOne) {
    ServerWorld world(echo);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5x\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_FALSE(world.client->hears(" 200 "));
    world.client->finish();
    ASSERT_TRUE(world.until_gone());
}

}  // namespace
}  // namespace sallyport::http
