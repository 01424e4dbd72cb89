#include "agent/rate_limit.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr RateLimit::Time start{1'000'000s};

int taken_at_once(RateLimit& limit, RateLimit::Time now) {
    int taken = 0;
    while (taken < 10'000 && !limit.take(now)) ++taken;
    return taken;
}

TEST(RateLimit, OfZeroIsNone) {
    RateLimit limit(0, 0);
    EXPECT_EQ(taken_at_once(limit, start), 10'000);
}

TEST(RateLimit, LetsABurstPassAndThenAsManyAsComeASecond) {
    RateLimit limit(10, 4);
    EXPECT_EQ(taken_at_once(limit, start), 4);
    EXPECT_EQ(limit.take(start), 100ms);
    EXPECT_EQ(limit.take(start + 60ms), 40ms);
    EXPECT_FALSE(limit.take(start + 100ms));
    EXPECT_EQ(limit.take(start + 100ms), 100ms);
    EXPECT_EQ(taken_at_once(limit, start + 300ms), 2);
    EXPECT_EQ(taken_at_once(limit, start + 1h), 4);
}

TEST(RateLimit, WithoutABurstItIsThoseOfASecond) {
    RateLimit limit(50, 0);
    EXPECT_EQ(taken_at_once(limit, start), 50);
    RateLimit one(1, 0);
    EXPECT_EQ(taken_at_once(one, start), 1);
    EXPECT_EQ(one.take(start), 1s);
}

TEST(RateLimit, AClockThatGoesBackNeitherGivesNorTakes) {
    RateLimit limit(1, 1);
    EXPECT_FALSE(limit.take(start));
    EXPECT_EQ(limit.take(start - 5s), 6s);
    EXPECT_FALSE(limit.take(start + 1s));
}

/// Whatever comes when: never more than the burst and what time gave, and who waits as told passes.
TEST(RateLimit, HoldsForEveryOrderOfArrivals) {
    std::mt19937_64 dice(4711);
    const auto below = [&](std::uint64_t most) {
        return std::uniform_int_distribution<std::uint64_t>(0, most - 1)(dice);
    };
    for (int round = 0; round < 200; ++round) {
        const auto per_second = static_cast<std::uint32_t>(1 + below(1000));
        const auto burst = static_cast<std::uint32_t>(1 + below(50));
        RateLimit limit(per_second, burst);
        auto now = start;
        std::uint64_t taken = 0;
        for (int i = 0; i < 500; ++i) {
            now += nanoseconds(below(3'000'000'000 / per_second));
            const auto wait = limit.take(now);
            if (!wait) {
                ++taken;
            } else {
                ASSERT_GT(*wait, 0ns);
                now += *wait;
                ASSERT_FALSE(limit.take(now));
                ++taken;
            }
            const auto gone = std::chrono::duration<double>(now - start).count();
            ASSERT_LE(static_cast<double>(taken), burst + gone * per_second * 1.0001 + 1e-6);
        }
    }
}

}  // namespace
}  // namespace sallyport::agent
