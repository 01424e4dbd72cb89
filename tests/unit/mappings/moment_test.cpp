#include "mappings/moment.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::mappings {
namespace {

using std::chrono::seconds;

TEST(Moment, ReadsWhatRfc3339Allows) {
    const Moment wanted{seconds(1'798'741'200)};
    for (const char* text :
         {"2026-12-31T18:20:00Z", "2026-12-31T18:20:00z", "2026-12-31T18:20:00.999Z",
          "2026-12-31T19:20:00+01:00", "2026-12-31T12:50:00-05:30", "2026-12-31T18:20:00+00:00"}) {
        const auto moment = parse_moment(text);
        ASSERT_TRUE(moment) << text;
        EXPECT_EQ(*moment, wanted) << text;
    }
    EXPECT_EQ(to_text(wanted), "2026-12-31T18:20:00Z");
}

TEST(Moment, KnowsTheCalendar) {
    EXPECT_TRUE(parse_moment("2028-02-29T00:00:00Z"));
    EXPECT_TRUE(parse_moment("2026-06-30T23:59:60Z")) << "a leap second";
    EXPECT_EQ(to_text(*parse_moment("1970-01-01T00:00:00Z")), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_text(*parse_moment("2199-12-31T23:59:59Z")), "2199-12-31T23:59:59Z");
}

TEST(Moment, RefusesEverythingElse) {
    for (const char* text : {"",
                             "2026",
                             "2026-12-31",
                             "2026-12-31T18:20Z",
                             "2026-12-31T18:20:00",
                             "2026-12-31 18:20:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-02-30T00:00:00Z",
                             "2027-02-29T00:00:00Z",
                             "2026-00-10T00:00:00Z",
                             "2026-01-00T00:00:00Z",
                             "2026-12-31T24:00:00Z",
                             "2026-12-31T18:60:00Z",
                             "2026-12-31T18:20:61Z",
                             "2026-12-31T18:20:00.Z",
                             "2026-12-31T18:20:00.",
                             "2026-12-31T18:20:00+1:00",
                             "2026-12-31T18:20:00+24:00",
                             "2026-12-31T18:20:00Z ",
                             "+026-12-31T18:20:00Z",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:00:00+01:00",
                             "2200-01-01T00:00:00Z",
                             "99999-01-01T00:00:00Z"}) {
        const auto moment = parse_moment(text);
        ASSERT_FALSE(moment) << text;
        EXPECT_EQ(moment.error().code, Errc::malformed) << text;
    }
}

}  // namespace
}  // namespace sallyport::mappings
