#include "audit/watermark.hpp"

#include <gtest/gtest.h>

namespace sallyport::audit {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t small = 1'000'000'000;

Space used(unsigned percent, std::uint64_t total) {
    return {.total_bytes = total, .free_bytes = total - total / 100 * percent};
}

TEST(Watermarks, TellEachMarkOnceAndForgetItOnlyWellBelow) {
    struct Step {
        unsigned used;
        std::optional<unsigned> told;
    };
    const Step steps[] = {{0, {}},  {79, {}},  {80, 80}, {81, {}}, {79, {}}, {80, {}},
                          {90, 90}, {96, 95},  {94, {}}, {93, {}}, {92, 90}, {95, 95},
                          {78, 0},  {100, 95}, {87, 80}, {78, {}}, {77, 0}};
    Watermarks marks;
    for (const auto& [percent, told] : steps) {
        const auto level = marks.observe(used(percent, 1000 * gib));
        EXPECT_EQ(level ? std::optional(level->percent) : std::nullopt, told) << percent;
    }
}

TEST(Watermarks, ADiskIsNearlyFullAtTheLastMarkIfLittleIsFree) {
    Watermarks marks;
    EXPECT_FALSE(marks.observe(used(96, 1000 * gib))->nearly_full) << "40 GiB are free";
    EXPECT_TRUE(marks.observe({1000 * gib, gib - 1})->nearly_full);
    EXPECT_FALSE(marks.observe({1000 * gib, gib + 1})) << "not enough to be over";
    EXPECT_FALSE(marks.observe({1000 * gib, 2 * gib})->nearly_full);
    Watermarks of_small;
    EXPECT_FALSE(of_small.observe(used(94, small))->nearly_full);
    const auto reached = of_small.observe(used(95, small));
    EXPECT_TRUE(reached && reached->nearly_full);
    EXPECT_FALSE(of_small.observe(used(93, small)));
    EXPECT_FALSE(of_small.observe(used(92, small))->nearly_full);
}

TEST(UsedPercent, IsRoundedDown) {
    EXPECT_EQ(used_percent({0, 0}), 0U);
    EXPECT_EQ(used_percent({1000, 51}), 94U);
    EXPECT_EQ(used_percent({~std::uint64_t{0}, 0}), 100U);
}

}  // namespace
}  // namespace sallyport::audit
