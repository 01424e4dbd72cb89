#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

Ask channel(std::string nonce) {
    Ask ask;
    ask.method = "CONNECT";
    ask.target = "/" + std::move(nonce);
    ask.authority = "agent";
    ask.size = http::BodySize::until_end();
    ask.open_end = true;
    return ask;
}

net::Task<Result<void>> echo_back(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) {
    EXPECT_EQ(head.method, "CONNECT");
    EXPECT_EQ(head.target, "/nonce");
    EXPECT_EQ(head.upgrade, "");
    down.start(head_of(200, {}));
    co_await echo_until_end(up, down);
    co_return Result<void>{};
}

net::Task<Result<void>> nobody(const http::RequestHead&, http::Body&, http::Answer&) {
    ADD_FAILURE() << "a channel never is an exchange";
    co_return Error{Errc::failed, {}};
}

TEST(TunnelChannel, IsRawBytesBothWays) {
    ScriptedService channels(echo_back);
    TunnelWorld world(nobody, {.channels = &channels});
    auto& caller = world.call(channel("nonce"));
    expect_bytes_both_ways(world, caller, 200);
}

TEST(TunnelChannel, EndsInOneDirectionLeaveTheOther) {
    const Script says_first = [](const http::RequestHead&, http::Body& up,
                                 http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, {}));
        co_await write_all(down, "first");
        down.finish({});
        while (up.state() == http::Body::State::flowing) {
            const auto bytes = up.peek();
            up.consume(bytes.size());
            if (bytes.empty()) co_await down.event().wait();
        }
        co_return Result<void>{};
    };
    ScriptedService channels(says_first);
    TunnelWorld world(nobody, {.channels = &channels});
    auto& caller = world.call(channel("nonce"));
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.finished(); }));
    EXPECT_FALSE(caller.over());
    caller.say("then");
    caller.end();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.sent(), 4u);
}

TEST(TunnelChannel, IsRefusedWhereThereAreNone) {
    TunnelWorld world(nobody);
    auto& caller = world.call(channel("nonce"));
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.status() != 0; }));
    EXPECT_EQ(caller.status(), 403);
}

}  // namespace
}  // namespace sallyport::test
