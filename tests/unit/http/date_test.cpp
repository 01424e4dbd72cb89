#include "http/date.hpp"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds example{784'111'777s};

// RFC 9110 section 5.6.7
TEST(HttpDate, WritesAndReadsTheFixedForm) {
    EXPECT_EQ(write_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(read_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
    for (const auto time : {0s, 951'782'400s, 1'800'000'000s, 4'102'444'799s})
        EXPECT_EQ(read_date(write_date(std::chrono::sys_seconds(time))),
                  std::chrono::sys_seconds(time));
}

TEST(HttpDate, AnythingElseIsNothing) {
    for (const auto* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                             "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49: 7 GMT",
                             "Sun, 06 Nov 1994 -8:49:37 GMT"})
        EXPECT_FALSE(read_date(text)) << text;
}

}  // namespace
}  // namespace sallyport::http
