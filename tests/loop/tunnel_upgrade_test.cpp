#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {
namespace {

/// Takes the upgrade and echoes bytes until the caller has ended.
net::Task<Result<void>> echo_socket(const http::RequestHead& head, http::Body& up,
                                    http::Answer& down) {
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.upgrade, "websocket");
    EXPECT_EQ(head.body, http::BodySize{});
    EXPECT_EQ(up.state(), http::Body::State::flowing);
    const std::vector<http::Field> fields = {{"sec-websocket-accept", "key"}};
    down.start(head_of(101, {}, fields));
    co_await echo_until_end(up, down);
    co_return Result<void>{};
}

TEST(TunnelUpgrade, AWebSocketIsRawBytesBothWays) {
    TunnelWorld world(echo_socket);
    Ask ask;
    ask.upgrade = "websocket";
    ask.open_end = true;
    auto& caller = world.call(ask);
    expect_bytes_both_ways(world, caller, 101);
    EXPECT_EQ(caller.field("sec-websocket-accept"), "key");
}

TEST(TunnelUpgrade, ARefusedUpgradeIsAnOrdinaryAnswer) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(403, http::BodySize::exactly(2)));
        co_await write_all(down, "no");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    Ask ask;
    ask.upgrade = "websocket";
    ask.open_end = true;
    const auto& caller = world.call(ask);
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.status(), 403);
    EXPECT_EQ(caller.answer(), "no");
}

TEST(TunnelUpgrade, AnUpgradeWithABodyIsRefusedBeforeItLeaves) {
    TunnelWorld world(echo_socket);
    Ask ask;
    ask.upgrade = "websocket";
    ask.size = http::BodySize::exactly(4);
    ask.body = "body";
    const auto& caller = world.call(ask);
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::malformed);
    EXPECT_EQ(world.service.calls, 0);
}

}  // namespace
}  // namespace sallyport::test
