#include "http/h1_connection.hpp"

#include "base/error.hpp"
#include "http/pump.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/wire_talk.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

/// What a test does with one exchange.
using Script = std::function<net::Task<Result<void>>(const RequestHead&, Body&, Answer&)>;

class ScriptedService final : public Service {
public:
    explicit ScriptedService(Script serve) : script_(std::move(serve)) {}
    net::Task<Result<void>> serve(const RequestHead& head, Body& up, Answer& down) override {
        ++calls;
        auto served = co_await script_(head, up, down);
        ++returns;
        co_return served;
    }
    int calls = 0;
    int returns = 0;

private:
    Script script_;
};

/// A server with one connection, and the client's end of it.
struct World {
    explicit World(Script script, test::WireOptions options = {}, ServerLimits given = {})
        : service(std::move(script)), limits(given), group(loop) {
        auto [ours, theirs] = test::MemoryDuplex::pair(options);
        client = std::make_unique<test::WireTalk>(loop, std::move(ours));
        connection =
            std::make_unique<H1Connection>(loop, sweep, std::move(theirs), service, limits);
        group.spawn("connection", run());
    }
    ~World() {
        group.cancel();
        test::run_until_done(loop, group);
    }
    net::Task<void> run() { relocation = co_await connection->run(); }
    bool until(const std::function<bool()>& condition) {
        return test::run_until(loop, condition, 5s);
    }
    bool until_heard(std::string_view text) {
        return until([&] { return client->hears(text); });
    }
    bool until_over() {
        return until([&] { return client->over(); });
    }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    ScriptedService service;
    ServerLimits limits;
    net::TaskGroup group;
    std::unique_ptr<test::WireTalk> client;
    std::unique_ptr<H1Connection> connection;
    std::optional<Relocation> relocation;
};

ResponseHead head_of(int status, BodySize body, Fields fields = {}) {
    ResponseHead head;
    head.status = status;
    head.body = body;
    head.fields = fields;
    return head;
}

net::Task<std::string> read_all(Body& up, Answer& down) {
    std::string text;
    while (up.state() == Body::State::flowing && !down.aborted()) {
        const auto bytes = up.peek();
        text += as_text(bytes);
        up.consume(bytes.size());
        if (bytes.empty() && up.state() == Body::State::flowing) co_await down.event().wait();
    }
    co_return text;
}

net::Task<void> write_all(Answer& down, std::string text) {
    for (auto rest = as_bytes(text); !rest.empty();) {
        const auto taken = down.write(rest);
        rest = rest.subspan(taken);
        if (taken == 0) co_await down.event().wait();
    }
}

/// Answers with the method, the target and the body of the request.
net::Task<Result<void>> echo(const RequestHead& head, Body& up, Answer& down) {
    const auto body = co_await read_all(up, down);
    if (up.state() != Body::State::ended) co_return Error{Errc::cut, "request"};
    const auto text = std::string(head.method) + " " + std::string(head.target) + " " + body;
    const Field fields[] = {{"x-a", "b"}};
    down.start(head_of(200, BodySize::exactly(text.size()), fields));
    down.write(as_bytes(text));
    down.finish();
    co_return Result<void>();
}

TEST(H1Connection, AnswersOneRequestAfterTheOther) {
    World world(echo);
    world.client->say("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("GET /1 "));
    EXPECT_EQ(world.client->take(),
              "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 7\r\n\r\nGET /1 ");
    world.client->say(
        "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\n\r\n");
    ASSERT_TRUE(world.until_heard("POST /2 abc"));
}

TEST(H1Connection, ReadsTheSameWhereverTheWireSplitsIt) {
    World world(echo, {.chunk = 1});
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
    World world(echo);
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    world.client->say(all);
    ASSERT_TRUE(world.until_heard("GET /99 "));
    EXPECT_LT(world.client->heard().find("GET /7 "), world.client->heard().find("GET /8 "));
    EXPECT_EQ(world.service.calls, 100);
}

TEST(H1Connection, AHeadBrokenByTheCodecGetsJsonAndTheEnd) {
    World world(echo);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_TRUE(world.client->hears("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(world.client->hears("content-type: application/json\r\n"));
    EXPECT_TRUE(world.client->hears("proxy-status: sallyport-hub; error=http_request_error;"));
    EXPECT_TRUE(world.client->hears("connection: close\r\n"));
    EXPECT_TRUE(world.client->hears("{\"error\":{\"code\":\"malformed_request\""));
    world.client->finish();
    ASSERT_TRUE(world.until([&] { return world.group.empty(); }));
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
        World world(script);
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
    World world(script);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_TRUE(world.until_heard("HTTP/1.1 100 Continue\r\n\r\n"));
    world.client->say("ok");
    ASSERT_TRUE(world.until_heard("\r\n\r\nok"));
    EXPECT_FALSE(world.client->hears("connection: close"));
}

net::Task<Result<void>> answer_at_once(const RequestHead&, Body&, Answer& down) {
    down.start(head_of(403, BodySize::exactly(2)));
    down.write(as_bytes("no"));
    down.finish();
    co_return Result<void>();
}

TEST(H1Connection, AnEarlyAnswerDropsASmallRestOfTheRequestAndGoesOn) {
    World world(answer_at_once);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    ASSERT_TRUE(world.until_heard("no"));
    world.client->take();
    world.client->say("defGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("no"));
    EXPECT_EQ(world.service.calls, 2);
}

TEST(H1Connection, AnEarlyAnswerToALargeUploadIsHeardBeforeTheEnd) {
    World world(answer_at_once);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    world.client->say(std::string(3'000'000, 'x'));
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->hears("no"));
    EXPECT_EQ(world.service.calls, 1);
}

TEST(H1Connection, ARefusedExpectationEndsTheConnection) {
    World world(answer_at_once);
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
    World world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.service.calls == 1; }));
    test::settle(world.loop);
    EXPECT_FALSE(aborted);
    world.client->close();
    ASSERT_TRUE(world.until([&] { return world.group.empty(); }));
    EXPECT_TRUE(aborted);
}

TEST(H1Connection, AnErrorBeforeTheAnswerBecomesARefusalAndTheConnectionStays) {
    Script script = [](const RequestHead&, Body&, Answer&) -> net::Task<Result<void>> {
        co_return Error{Errc::timed_out, "internal.corp took too long"};
    };
    World world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_TRUE(world.client->hears("HTTP/1.1 504 Gateway Timeout\r\n"));
    EXPECT_FALSE(world.client->hears("internal.corp"));
    EXPECT_FALSE(world.client->over());
}

TEST(H1Connection, AnErrorInTheMiddleIsSeenAsACut) {
    for (const auto size : {BodySize::exactly(10), BodySize::until_end()}) {
        Script script = [size](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
            down.start(head_of(200, size));
            down.write(as_bytes("abc"));
            co_return Error{Errc::cut, {}};
        };
        World world(script);
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
    World world(script);
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
    World world(script, {.room = 50'000});
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
    World world(script, {.room = 1000});
    world.client->pause();
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    test::settle(world.loop);
    EXPECT_GT(taken_in_all, 200'000U);
    EXPECT_LT(taken_in_all, 300'000U);
    world.client->resume();
    ASSERT_TRUE(world.until_heard("0\r\n\r\n"));
    EXPECT_EQ(taken_in_all, 5'000'000U);
}

// The prototype stalled when a bounded flush had sent everything it was allowed to and the kernel
// had taken it all: neither a new submit nor writability came (specs of the data path, 6.1).
TEST(WireOutput, ABoundedFlushThatTheWireTookWhollyGoesOnByItself) {
    class Nibbler final : public net::Duplex {
    public:
        Result<void> attach(net::Loop&, net::Ready&) override { return {}; }
        void watch(net::Ready&) override {}
        void detach() override {}
        net::Moved read(std::span<std::byte>) override { return {}; }
        net::Moved write(std::span<const BytesView> buffers) override {
            const auto size = std::min<std::size_t>(buffers.front().size(), 100);
            taken += size;
            return {net::Moved::State::ok, size, {}};
        }
        void finish() override {}
        void close() override {}
        bool readable() const override { return false; }
        std::string peer() const override { return "nibbler"; }
        std::size_t taken = 0;
    };
    net::Loop loop;
    net::Event event(loop.turn);
    Nibbler nibbler;
    WireOutput output(loop, event);
    output.attach(&nibbler);
    output.buffer().append(100'000, 'x');
    output.send();
    EXPECT_TRUE(test::run_until(
        loop, [&] { return nibbler.taken == 100'000; }, 5s));
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
    World world(script);
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
    World world(script);
    const std::string text = "PUT /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabcGET /";
    world.client->say(text);
    ASSERT_TRUE(world.until([&] { return world.group.empty(); }));
    ASSERT_TRUE(world.relocation.has_value());
    EXPECT_EQ(world.relocation->worker, 3U);
    EXPECT_EQ(world.relocation->buffered, text);

    ScriptedService other(echo);
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
    ASSERT_TRUE(world.until([&] { return world.group.empty(); }));
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
    World world(script);
    world.client->say("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return event != nullptr; }));
    world.connection->drain();
    go = true;
    event->set();
    ASSERT_TRUE(world.until_over());
    EXPECT_TRUE(world.client->hears("connection: close\r\n"));
    EXPECT_TRUE(world.client->hears("GET /x "));

    World idle(echo);
    test::settle(idle.loop);
    idle.connection->drain();
    EXPECT_TRUE(idle.until_over());
}

TEST(H1Connection, ASlowHeadIsRefusedAndAnIdleConnectionClosed) {
    ServerLimits limits;
    limits.head_timeout = 1ms;
    World slow(echo, {}, limits);
    slow.client->say("GET / HT");
    ASSERT_TRUE(slow.until_over());
    EXPECT_TRUE(slow.client->hears("HTTP/1.1 408 "));

    limits.idle_timeout = 1ms;
    World idle(echo, {}, limits);
    ASSERT_TRUE(idle.until_over());
    EXPECT_EQ(idle.client->heard(), "");
}

TEST(H1Connection, AClientThatStopsSendingItsBodyIsGivenUp) {
    ServerLimits limits;
    limits.idle_timeout = limits.stall_timeout = 1ms;
    World world(echo, {}, limits);
    world.client->say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    ASSERT_TRUE(world.until_over());
    EXPECT_EQ(world.service.returns, 1);
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
    World world(script, {.room = 1000}, limits);
    world.client->pause();
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(world.until([&] { return world.group.empty(); }));
}

TEST(H1Connection, ACutChunkedRequestIsNoCompleteOne) {
    World world(echo);
    world.client->say(
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5x\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    EXPECT_FALSE(world.client->hears(" 200 "));
    world.client->finish();
    ASSERT_TRUE(world.until([&] { return world.group.empty(); }));
}

}  // namespace
}  // namespace sallyport::http
