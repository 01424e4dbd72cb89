#include "base/dice.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace sallyport {
namespace {

TEST(Dice, FallsFromNothingToOneAndNeverTwiceAlike) {
    constexpr int throws = 1000;
    std::set<double> seen;
    for (int i = 0; i < throws; ++i) {
        const auto number = throw_dice();
        EXPECT_GE(number, 0);
        EXPECT_LT(number, 1);
        seen.insert(number);
    }
    EXPECT_EQ(seen.size(), throws);
}

TEST(Dice, IsAnotherOneInEachThread) {
    double there = 0;
    std::thread thread([&there] { there = throw_dice(); });
    const auto here = throw_dice();
    thread.join();
    EXPECT_NE(here, there) << "links of two workers would come back at the same moments";
}

}  // namespace
}  // namespace sallyport
