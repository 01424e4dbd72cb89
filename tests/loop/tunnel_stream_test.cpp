#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

Ask stream() {
    Ask ask;
    ask.method = "CONNECT";
    ask.target = {};
    ask.authority = "db.virtual:5432";
    ask.size = http::BodySize::until_end();
    ask.open_end = true;
    return ask;
}

/// Grants it, and echoes until the caller has ended.
net::Task<Result<void>> echo(const http::RequestHead& head, http::Body& up, http::Answer& down) {
    EXPECT_EQ(head.method, "CONNECT");
    EXPECT_EQ(head.target, "");
    EXPECT_EQ(head.upgrade, "");
    EXPECT_EQ(head.authority, "db.virtual:5432");
    down.start(head_of(200, {}));
    co_await echo_until_end(up, down);
    co_return Result<void>{};
}

/// Grants it, says all it has to say, and goes on listening until the caller has ended.
struct SaysFirst {
    std::string heard;
    http::Body::State ended = http::Body::State::flowing;

    net::Task<Result<void>> operator()(const http::RequestHead&, http::Body& up,
                                       http::Answer& down) {
        down.start(head_of(200, {}));
        co_await write_all(down, "220 ready");
        down.finish({});
        while (up.state() == http::Body::State::flowing) {
            const auto bytes = up.peek();
            heard += as_text(bytes);
            up.consume(bytes.size());
            if (bytes.empty()) co_await down.event().wait();
        }
        ended = up.state();
        co_return Result<void>{};
    }
};

TEST(TunnelStream, IsRawBytesBothWays) {
    TunnelWorld world(echo);
    auto& caller = world.call(stream());
    expect_bytes_both_ways(world, caller, 200);
}

TEST(TunnelStream, SendsNothingBeforeItIsGranted) {
    bool asked = false;
    const Script script = [&](const http::RequestHead&, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        asked = true;
        EXPECT_TRUE(up.peek().empty());
        down.start(head_of(403, http::BodySize::exactly(2)));
        co_await write_all(down, "no");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    caller.say("too early");
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(asked);
    EXPECT_EQ(caller.status(), 403);
    EXPECT_EQ(caller.answer(), "no");
    EXPECT_EQ(caller.sent(), 0u);
}

TEST(TunnelStream, GoesOnAfterTheOtherSideHasEnded) {
    const auto service = std::make_shared<SaysFirst>();
    const Script script = [service](const http::RequestHead& head, http::Body& up,
                                    http::Answer& down) { return (*service)(head, up, down); };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.finished(); }));
    EXPECT_EQ(caller.answer(), "220 ready");
    EXPECT_FALSE(caller.over());
    caller.say("still here");
    ASSERT_TRUE(run_until(world.loop, [&] { return service->heard == "still here"; }));
    caller.end();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_TRUE(run_until(world.loop, [&] { return service->ended == http::Body::State::ended; }));
}

TEST(TunnelStream, ACallerThatBreaksOffAfterTheOthersEndIsACut) {
    const auto service = std::make_shared<SaysFirst>();
    const Script script = [service](const http::RequestHead& head, http::Body& up,
                                    http::Answer& down) { return (*service)(head, up, down); };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.finished(); }));
    caller.give_up();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    ASSERT_TRUE(run_until(world.loop, [&] { return service->ended == http::Body::State::cut; }));
}

TEST(TunnelStream, AFailureAfterOneEndReachesTheCaller) {
    const Script script = [](const http::RequestHead&, http::Body& up,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, {}));
        down.finish({});
        while (up.peek().empty()) co_await down.event().wait();
        co_return Error{Errc::cut, "the internal system broke off"};
    };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.finished(); }));
    caller.say("x");
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::cut);
}

TEST(TunnelStream, AFailureTakesBackAnEndThatWasPromised) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, {}));
        down.finish({});
        co_return Error{Errc::cut, "the internal system broke off"};
    };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.error()) << "and no end";
}

TEST(TunnelStream, ACallerThatBreaksOffBeforeTheGrantIsNotWaitedFor) {
    bool asked = false;
    bool left = false;
    const Script script = [&](const http::RequestHead&, http::Body&,
                              http::Answer& down) -> net::Task<Result<void>> {
        asked = true;
        while (!down.aborted()) co_await down.event().wait();
        left = true;
        co_return Error{Errc::aborted, "the caller went away"};
    };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(run_until(world.loop, [&] { return asked; }));
    caller.cut();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    EXPECT_TRUE(run_until(world.loop, [&] { return left; }));
}

TEST(TunnelStream, WhoeverServesMayStopListening) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, {}));
        co_await write_all(down, "bye");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    auto& caller = world.call(stream());
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.answer(), "bye");
    EXPECT_TRUE(
        run_until(world.loop, [&] { return world.hub->link().session().open_streams() == 0; }));
}

TEST(TunnelStream, CarriesMuchBothWays) {
    TunnelWorld world(echo);
    Ask ask = stream();
    ask.generated_bytes = std::size_t{8} * 1024 * 1024;
    ask.open_end = false;
    auto& caller = world.call(std::move(ask));
    caller.expect_bytes();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), std::size_t{8} * 1024 * 1024);
}

}  // namespace
}  // namespace sallyport::test
