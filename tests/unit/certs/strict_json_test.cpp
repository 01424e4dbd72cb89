#include "certs/strict_json.hpp"

#include "base/error.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <string>

namespace sallyport::certs {
namespace {

TEST(StrictJson, ReadsWhatBoostReads) {
    for (const char* text :
         {"null", "true", "-1", "18446744073709551615", "1.5e3", R"("\u00e4\ud83d\ude00\n")", "[]",
          "{}", R"( { "a" : [ 1 , { "a" : "b" } ] , "b" : { "a" : null } } )"}) {
        const auto value = parse_strict_json(text);
        ASSERT_TRUE(value) << text << ": " << to_text(value.error());
        EXPECT_EQ(*value, boost::json::parse(text)) << text;
    }
}

TEST(StrictJson, RefusesDuplicateMembersAtEveryDepthAndInEverySpelling) {
    const std::string long_name(5'000, 'n');
    const std::string texts[] = {
        R"({"a":1,"a":1})",
        R"({"a":1,"b":{},"a":2})",
        R"([{"b":{"a":1,"a":2}}])",
        R"({"a":1,"\u0061":2})",
        R"({"":1,"":2})",
        R"({"a\u0000b":1,"a\u0000b":2})",
        R"({")" + long_name + R"(":1,")" + long_name + R"(":2})",
    };
    for (const auto& text : texts) {
        const auto value = parse_strict_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Errc::malformed);
        EXPECT_NE(value.error().detail.find("same name"), std::string::npos);
    }
    EXPECT_TRUE(parse_strict_json(R"({"a":{"a":{"a":1}},"A":1,"b":[{"a":1},{"a":1}]})"));
    EXPECT_TRUE(parse_strict_json(R"({"a\u0000b":1,"a\u0000c":2,"a":3})"));
}

TEST(StrictJson, RefusesWhatIsNotExactlyOneValue) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "{}x",
                             "{}{}",
                             "[1,]",
                             "{\"a\":1,}",
                             "// x\n1",
                             "nul",
                             "NaN",
                             "Infinity",
                             "01",
                             "+1",
                             "1.",
                             ".5",
                             "'a'",
                             "\"\t\"",
                             "\"\\x\"",
                             "\"\xff\"",
                             "\"\xc0\x80\"",
                             R"("\ud800")",
                             R"("\udc00")",
                             "\xef\xbb\xbf{}",
                             "{a:1}",
                             "[1 2]",
                             "{\"a\"}",
                             "]"})
        EXPECT_EQ(parse_strict_json(text).error().code, Errc::malformed) << text;
    EXPECT_FALSE(parse_strict_json(std::string_view("{}\0", 3)));
}

TEST(StrictJson, KeepsItsLimits) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(parse_strict_json(nested(16)));
    EXPECT_EQ(parse_strict_json(nested(17)).error().code, Errc::limit);
    EXPECT_TRUE(parse_strict_json("[1]", {.bytes_max = 3}));
    EXPECT_EQ(parse_strict_json("[1] ", {.bytes_max = 3}).error().code, Errc::limit);
    EXPECT_EQ(parse_strict_json("[[1]]", {.depth_max = 1}).error().code, Errc::limit);
}

TEST(StrictJson, WantsAnObjectWhereOneIsExpected) {
    EXPECT_TRUE(parse_strict_object("{}"));
    EXPECT_EQ(parse_strict_object("[]").error().code, Errc::malformed);
    EXPECT_EQ(parse_strict_object("").error().code, Errc::malformed);
}

}  // namespace
}  // namespace sallyport::certs
