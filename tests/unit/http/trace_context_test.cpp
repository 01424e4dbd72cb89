#include "http/trace_context.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace sallyport::http {
namespace {

constexpr std::string_view trace_of_good = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view good_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// W3C Trace Context level 1, section 3.2.
TEST(TraceContext, ReadsWhatTheRecommendationAllows) {
    for (const std::string_view value : {
             good_parent,
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01"),
             // Later versions begin like this one, and may go on behind a dash.
             std::string_view("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view(
                 "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-will-be"),
             std::string_view("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"),
         })
        EXPECT_EQ(trace_id_of(value), trace_of_good) << value;
}

TEST(TraceContext, TakesNothingElse) {
    for (const std::string_view value : {
             std::string_view(),
             std::string_view("00"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "),
             std::string_view(" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01."),
             std::string_view("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x"),
             std::string_view("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view("0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view("FE-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A"),
             std::string_view("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
             std::string_view("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c80319\n-b7ad6b7169203331-01"),
             std::string_view("00-0af7651916cd43dd8448eb211c8031 c-b7ad6b7169203331-01"),
         })
        EXPECT_EQ(trace_id_of(value), "") << value;
}

TEST(TraceContext, OfARequestThatNamesTwoIsNone) {
    const std::array two{Field{"traceparent", good_parent}, Field{"accept", "*/*"},
                         Field{"traceparent", good_parent}};
    const Fields all(two);
    EXPECT_EQ(trace_id_of(all), "");
    EXPECT_EQ(trace_id_of(all.first(2)), trace_of_good);
    EXPECT_EQ(trace_id_of(all.subspan(1, 1)), "");
}

}  // namespace
}  // namespace sallyport::http
