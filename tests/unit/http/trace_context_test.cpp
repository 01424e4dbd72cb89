#include "http/trace_context.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport::http {
namespace {

constexpr std::string_view trace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// W3C Trace Context level 1, section 3.2.
TEST(TraceContext, ReadsWhatTheRecommendationAllows) {
    for (const std::string value : {
             std::string(good),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01"),
             // Later versions begin like this one, and may go on behind a dash.
             std::string("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-will-be"),
             std::string("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"),
         })
        EXPECT_EQ(trace_id_of(value), trace) << value;
}

TEST(TraceContext, TakesNothingElse) {
    for (const std::string value : {
             std::string(),
             std::string("00"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "),
             std::string(" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01."),
             std::string("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x"),
             std::string("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("FE-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A"),
             std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
             std::string("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01"),
             std::string("00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319\n-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c8031 c-b7ad6b7169203331-01"),
         })
        EXPECT_EQ(trace_id_of(value), "") << value;
}

TEST(TraceContext, OfARequestThatNamesTwoIsNone) {
    const std::array two{Field{"traceparent", good}, Field{"accept", "*/*"},
                         Field{"traceparent", good}};
    const Fields all(two);
    EXPECT_EQ(trace_id_of(all), "");
    EXPECT_EQ(trace_id_of(all.first(2)), trace);
    EXPECT_EQ(trace_id_of(all.subspan(1, 1)), "");
}

}  // namespace
}  // namespace sallyport::http
