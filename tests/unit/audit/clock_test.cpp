#include "audit/clock.hpp"

#include <gtest/gtest.h>

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Clock, WritesAndReadsRfc3339) {
    for (const auto* text : {"1970-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z",
                             "0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.000001Z"})
        EXPECT_EQ(to_rfc3339(*parse_rfc3339(text)), text);
}

TEST(TimeText, IsWhatIsWrittenOfEachTimeAlone) {
    TimeText text;
    const auto noon = *parse_rfc3339("2025-03-01T12:00:00Z");
    for (const auto since : {0us, 7us, 999'999us, 1'000'000us, 1'000'003us, 5us, 86'400'000'005us})
        EXPECT_EQ(text.at(noon + since), to_rfc3339(noon + since)) << since.count();
}

TEST(Clock, ReadsOffsetsAndFractions) {
    const std::pair<const char*, const char*> cases[] = {
        {"2025-03-01T12:00:00Z", "2025-03-01T12:00:00.000000Z"},
        {"2025-03-01t12:00:00z", "2025-03-01T12:00:00.000000Z"},
        {"2025-03-01T01:00:00+02:00", "2025-02-28T23:00:00.000000Z"},
        {"2025-03-01T01:00:00-05:30", "2025-03-01T06:30:00.000000Z"},
        {"2025-03-01T12:00:00.5Z", "2025-03-01T12:00:00.500000Z"},
        {"2025-03-01T12:00:00.123456789Z", "2025-03-01T12:00:00.123456Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"}};
    for (const auto& [text, expected] : cases) {
        const auto time = parse_rfc3339(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(to_rfc3339(*time), expected);
    }
}

TEST(Clock, RefusesWhatIsNoTime) {
    for (const auto* text :
         {"", "2025-03-01", "2025-03-01T12:00:00", "2025-02-29T12:00:00Z", "2025-13-01T12:00:00Z",
          "2025-03-01T24:00:00Z", "2025-03-01T12:60:00Z", "2025-03-01T12:00:61Z",
          "2025-03-01T12:00:00.Z", "2025-03-01T12:00:00.1234567890Z", "2025-03-01T12:00:00Zx",
          "2025-03-01T12:00:00+2:00", "+025-03-01T12:00:00Z", "2025-03-01 12:00:00Z"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(ClockWatch, TellsAStepFromSlewAndSleep) {
    const Instant start{.wall = *parse_rfc3339("2025-03-01T12:00:00Z"), .mono = hours(1)};
    struct Case {
        std::chrono::microseconds wall;
        std::chrono::nanoseconds mono;
        std::optional<std::chrono::microseconds> step;
    };
    const Case cases[] = {
        {seconds(1), seconds(1), std::nullopt},
        {hours(100), hours(100), std::nullopt},
        {seconds(0), seconds(1), std::nullopt},
        {milliseconds(-500), milliseconds(600), milliseconds(-1100)},
        {hours(100) + seconds(180), hours(100), std::nullopt},  // slewed by 500 ppm
        {hours(101), hours(100), hours(1)},
        {seconds(-10), seconds(10), seconds(-20)}};
    for (const auto& [wall, mono, step] : cases) {
        ClockWatch watch;
        EXPECT_FALSE(watch.observe(start));
        EXPECT_EQ(watch.observe({.wall = start.wall + wall, .mono = start.mono + mono}), step);
    }
}

}  // namespace
}  // namespace sallyport::audit
