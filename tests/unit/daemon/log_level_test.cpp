#include "daemon/log_level.hpp"

#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace sallyport::daemon {
namespace {

TEST(LogLevelOrder, NamesALevelAndForHowLong) {
    const auto order = LevelOrder::parse(R"({"level": "debug", "seconds": 30})");
    ASSERT_TRUE(order);
    EXPECT_EQ(order->level, log::Level::debug);
    EXPECT_EQ(order->time, std::chrono::seconds(30));
    EXPECT_EQ(LevelOrder::parse(R"({"level": "warn"})")->time, LevelOrder::log_level_time_default);
    EXPECT_EQ(LevelOrder::parse(R"({"level": "configured"})")->level, std::nullopt);
}

TEST(LogLevelOrder, RefusesEverythingElseAndSaysWhatMayStandThere) {
    constexpr auto rows = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"", "expected"},
         {"[]", "expected"},
         {"{}", "expected"},
         {R"({"level": 1})", "expected"},
         {R"({"level": "trace"})", "debug, info, warn, error"},
         {R"({"level": "off"})", "debug, info, warn, error"},
         {R"({"level": "debug", "seconds": 0})", "1 to 86400"},
         {R"({"level": "debug", "seconds": 86401})", "1 to 86400"},
         {R"({"level": "debug", "seconds": -1})", "1 to 86400"},
         {R"({"level": "debug", "seconds": "10"})", "1 to 86400"}});
    for (const auto& [body, says] : rows) {
        const auto order = LevelOrder::parse(body);
        ASSERT_FALSE(order) << body;
        EXPECT_NE(order.error().detail.find(says), std::string::npos) << order.error().detail;
    }
}

TEST(LogLevel, AnOrderIsInForceUntilItIsTakenBackAndSurvivesAReload) {
    net::Loop loop;
    LogLevel level(loop, log::Level::info);
    const auto answer = level.order(R"({"level": "debug", "seconds": 600})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find(R"("before":"info, as configured","after":"debug for 600 s")"),
              std::string::npos)
        << answer.body;
    level.configure(log::Level::warn);
    EXPECT_EQ(level.status().at("level").as_string(), "debug");
    EXPECT_EQ(level.status().at("configured").as_string(), "warn");
    EXPECT_EQ(level.status().at("seconds").as_int64(), 600);
    EXPECT_EQ(level.order(R"({"level": "configured"})").status, 200);
    EXPECT_EQ(level.status().at("level").as_string(), "warn");
    EXPECT_FALSE(level.status().contains("seconds"));
    EXPECT_EQ(level.order("nonsense").status, 400);
    log::set_level(log::Level::off);
}

}  // namespace
}  // namespace sallyport::daemon
