#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>

namespace sallyport::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1024 * 1024;

/// "/download/N": N bytes of pattern answers_seed. Notes how much was taken of each stream.
struct Downloads {
    std::vector<std::size_t> taken;

    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body&, http::Answer& down) {
        const auto number = head.target.substr(head.target.rfind('/') + 1);
        std::size_t bytes = 0;
        std::from_chars(number.data(), number.data() + number.size(), bytes);
        const auto mine = taken.size();
        taken.push_back(0);
        down.start(head_of(200, http::BodySize::exactly(bytes)));
        Bytes piece(64 * 1024);
        std::size_t made = 0;
        for (std::size_t sent = 0; sent < bytes && !down.aborted();) {
            for (; made < std::min(sent + piece.size(), bytes); ++made)
                piece[made % piece.size()] = pattern(Caller::answers_seed, made);
            const auto from = sent % piece.size();
            const auto count = std::min(made - sent, piece.size() - from);
            const auto part = down.write(BytesView(piece).subspan(from, count));
            sent += part;
            taken[mine] = sent;
            if (part == 0) co_await down.event().wait();
        }
        down.finish({});
        co_return Result<void>{};
    }
    Script script() {
        return [this](const http::RequestHead& head, http::Body& up, http::Answer& down) {
            return serve(head, up, down);
        };
    }
};

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

TEST(TunnelFlow, EveryByteOfALargeAnswerArrives) {
    Downloads downloads;
    TunnelWorld world(downloads.script());
    auto& caller = world.get("/" + std::to_string(5 * mebibyte + 7));
    caller.expect_pattern();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), 5 * mebibyte + 7);
}

/// Writes the same block again and again: what is tested is what happens between.
net::Task<Result<void>> endless(const http::RequestHead&, http::Body&, http::Answer& down) {
    const Bytes block(64 * 1024);
    down.start(head_of(200, http::BodySize::exactly(256 * mebibyte)));
    for (std::size_t left = 256 * mebibyte; left > 0 && !down.aborted();) {
        const auto taken = down.write(BytesView(block).first(std::min(block.size(), left)));
        left -= taken;
        if (taken == 0) co_await down.event().wait();
    }
    down.finish({});
    co_return Result<void>{};
}

TEST(TunnelFlow, MemoryStaysFlatWhileALargeAnswerPasses) {
    TunnelWorld world(endless);
    auto& caller = world.get();
    caller.expect_bytes();
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.received() > 8 * mebibyte; }));
    const auto before = resident_bytes();
    std::size_t most = 0;
    ASSERT_TRUE(run_until(
        world.loop,
        [&] {
            most = std::max(most, world.hub_budget.used());
            return caller.over();
        },
        60s));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), 256 * mebibyte);
    EXPECT_LE(most, 17 * mebibyte);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(resident_bytes(), before + 40 * mebibyte);
#else
    (void)before;
#endif
    EXPECT_EQ(world.hub_budget.used(), 0U);
}

TEST(TunnelFlow, EveryByteOfALargeUploadArrivesInFlatMemory) {
    std::size_t received = 0;
    bool right = true;
    const Script script = [&](const http::RequestHead&, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        while (up.state() == http::Body::State::flowing && !down.aborted()) {
            const auto bytes = up.peek();
            for (std::size_t i = 0; i < bytes.size(); ++i)
                right = right && bytes[i] == pattern(Caller::asks_seed, received + i);
            received += bytes.size();
            up.consume(bytes.size());
            if (bytes.empty()) co_await down.event().wait();
        }
        down.start(head_of(201, http::BodySize::exactly(0)));
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    Ask ask;
    ask.method = "PUT";
    ask.size = http::BodySize::until_end();
    ask.generated_bytes = 16 * mebibyte + 3;
    const auto& caller = world.call(ask);
    std::size_t most = 0;
    ASSERT_TRUE(run_until(world.loop, [&] {
        most = std::max(most, world.agent_budget.used());
        return caller.over();
    }));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(received, ask.generated_bytes);
    EXPECT_TRUE(right);
    EXPECT_LE(most, 17 * mebibyte);
    EXPECT_EQ(world.agent_budget.used(), 0U);
}

TEST(TunnelFlow, AStalledReaderStopsOnlyItsOwnStream) {
    Downloads downloads;
    TunnelWorld world(downloads.script());
    auto& stalled = world.get("/" + std::to_string(4 * mebibyte));
    stalled.pause();
    stalled.expect_pattern();
    settle(world.loop);
    // One window at the hub, and one queue at the agent.
    EXPECT_LE(downloads.taken.at(0), 64 * 1024U + 256 * 1024U);
    for (int i = 0; i < 100; ++i) world.get("/" + std::to_string(mebibyte / 4)).expect_bytes();
    ASSERT_TRUE(run_until(world.loop, [&] {
        for (std::size_t i = 1; i < world.callers.size(); ++i)
            if (!world.callers[i]->over()) return false;
        return true;
    }));
    for (std::size_t i = 1; i < world.callers.size(); ++i)
        EXPECT_TRUE(world.callers[i]->good()) << world.callers[i]->trouble();
    EXPECT_FALSE(stalled.over());
    EXPECT_EQ(stalled.received(), 0U);
    EXPECT_LE(world.hub_budget.used(), 64 * 1024U);
    stalled.resume();
    ASSERT_TRUE(world.finish(stalled));
    EXPECT_TRUE(stalled.good()) << stalled.trouble();
    EXPECT_EQ(stalled.received(), 4 * mebibyte);
}

TEST(TunnelFlow, AServiceThatDoesNotReadStopsOnlyItsOwnStream) {
    const Script script = [](const http::RequestHead& head, http::Body& up,
                             http::Answer& down) -> net::Task<Result<void>> {
        while (head.target == "/stuck" && !down.aborted()) co_await down.event().wait();
        co_return co_await echo_body(head, up, down);
    };
    TunnelWorld world(script);
    Ask ask;
    ask.method = "PUT";
    ask.target = "/stuck";
    ask.size = http::BodySize::until_end();
    ask.generated_bytes = 4 * mebibyte;
    auto& stuck = world.call(ask);
    settle(world.loop);
    EXPECT_LE(stuck.sent(), 64 * 1024U + 256 * 1024U);
    ask.target = "/";
    ask.generated_bytes = mebibyte;
    for (int i = 0; i < 20; ++i) world.call(ask).expect_bytes();
    ASSERT_TRUE(run_until(world.loop, [&] {
        for (std::size_t i = 1; i < world.callers.size(); ++i)
            if (!world.callers[i]->over()) return false;
        return true;
    }));
    EXPECT_FALSE(stuck.over());
    stuck.give_up();
    ASSERT_TRUE(world.finish(stuck));
    EXPECT_EQ(stuck.error(), Errc::aborted);
    settle(world.loop);
    EXPECT_EQ(world.agent_budget.used(), 0U);
}

TEST(TunnelFlow, WhenMemoryIsUsedUpThoseWhoStandStillGo) {
    Downloads downloads;
    TunnelOptions options;
    options.hub.stall = 20ms;
    options.hub_memory_bytes = 256 * 1024;
    TunnelWorld world(downloads.script(), options);
    for (int i = 0; i < 8; ++i) world.get("/" + std::to_string(mebibyte)).pause();
    ASSERT_TRUE(world.finish_all());
    for (const auto& caller : world.callers) EXPECT_EQ(caller->error(), Errc::cut);
    settle(world.loop);
    EXPECT_EQ(world.hub_budget.used(), 0U);
    auto& next = world.get("/" + std::to_string(mebibyte));
    next.expect_pattern();
    ASSERT_TRUE(world.finish(next));
    EXPECT_TRUE(next.good()) << next.trouble();
}

TEST(TunnelFlow, AFlushThatReachesItsLimitGoesOnByItself) {
    // The wire takes everything at once and the peer's windows are open, so that nothing but the
    // flush itself can wake the link again.
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        const Bytes block(256 * 1024);
        down.start(head_of(200, http::BodySize::exactly(block.size())));
        EXPECT_EQ(down.write(block), block.size());
        down.finish({});
        co_return Result<void>{};
    };
    TunnelOptions options;
    options.wire.room = SIZE_MAX;
    options.hub.h2.stream_window_bytes = 1024 * 1024;
    TunnelWorld world(script, options);
    for (int i = 0; i < 16; ++i) world.get().expect_bytes();
    ASSERT_TRUE(world.finish_all());
    for (const auto& caller : world.callers) EXPECT_TRUE(caller->good()) << caller->trouble();
}

TEST(TunnelFlow, AnswersOfManyStreamsShareAWrite) {
    TunnelWorld world(echo_target);
    ASSERT_TRUE(world.finish(world.get("/warm")));
    const auto before = world.agent->link().writes();
    for (int i = 0; i < 64; ++i) world.get("/" + std::to_string(i));
    ASSERT_TRUE(world.finish_all());
    EXPECT_LE(world.agent->link().writes() - before, 4U);
}

}  // namespace
}  // namespace sallyport::test
