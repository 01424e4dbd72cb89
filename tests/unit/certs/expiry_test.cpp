#include "certs/expiry.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using Level = ExpiryLevel;

constexpr Time end{seconds(1'800'000'000)};
const Life year{end - days(365), end};
const Life day{end - hours(24), end};

TEST(Expiry, WithoutRenewalWarnsThirtyFourteenSevenAndOneDaysBeforeTheEnd) {
    const struct {
        seconds left;
        Level level;
    } table[] = {
        {days(365), Level::none},     {days(30) + seconds(1), Level::none},
        {days(30), Level::days_30},   {days(14) + seconds(1), Level::days_30},
        {days(14), Level::days_14},   {days(7) + seconds(1), Level::days_14},
        {days(7), Level::days_7},     {days(1) + seconds(1), Level::days_7},
        {days(1), Level::days_1},     {seconds(1), Level::days_1},
        {seconds(0), Level::expired}, {-days(9), Level::expired},
    };
    for (const auto& row : table) {
        EXPECT_EQ(judge_expiry(year, RenewedBy::hand, end - row.left, 0), row.level)
            << row.left.count();
        // Failed renewals are no business of one that nothing renews.
        EXPECT_EQ(judge_expiry(year, RenewedBy::hand, end - row.left, 9), row.level);
    }
}

TEST(Expiry, WithRenewalWarnsAtThreeQuartersAtNineTenthsAndAfterThreeFailures) {
    const struct {
        double spent;
        std::uint32_t failures;
        Level level;
    } table[] = {
        {0.0, 0, Level::none},     {0.74, 2, Level::none},     {0.1, 3, Level::late},
        {0.75, 0, Level::late},    {0.899, 0, Level::late},    {0.899, 7, Level::late},
        {0.9, 0, Level::critical}, {0.99, 3, Level::critical}, {1.0, 0, Level::expired},
        {2.0, 50, Level::expired},
    };
    for (const auto& life : {year, day})
        for (const auto& row : table) {
            const auto spent = std::chrono::duration_cast<seconds>(life.length() * row.spent);
            EXPECT_EQ(judge_expiry(life, RenewedBy::itself, life.issued + spent, row.failures),
                      row.level)
                << row.spent << " " << row.failures;
        }
}

TEST(Expiry, UrgentIsWhatCannotWaitForAPlan) {
    for (const auto level : {Level::none, Level::days_30, Level::days_14, Level::late})
        EXPECT_FALSE(is_urgent(level)) << to_text(level);
    for (const auto level : {Level::days_7, Level::days_1, Level::critical, Level::expired})
        EXPECT_TRUE(is_urgent(level)) << to_text(level);
}

TEST(Expiry, TimeLeftIsToldInTheLargestUnit) {
    EXPECT_EQ(time_left(year, end - days(12) - hours(5)), "ends in 12 days");
    EXPECT_EQ(time_left(year, end - hours(25)), "ends in 1 day");
    EXPECT_EQ(time_left(year, end - hours(5)), "ends in 5 hours");
    EXPECT_EQ(time_left(year, end), "ends in 0 seconds");
    EXPECT_EQ(time_left(year, end + seconds(180)), "has ended 3 minutes ago");
}

}  // namespace
}  // namespace sallyport::certs
