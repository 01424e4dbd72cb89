#include "base/bytes.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Bytes, Base64FollowsTheVectorsOfRfc4648Section10) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        const auto decoded = from_base64(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(as_text(*decoded), plain);
    }
}

TEST(Bytes, Base64ReadsBrokenLinesButNoForeignCharacters) {
    EXPECT_EQ(as_text(*from_base64("Zm9v\r\nYmFy\n")), "foobar");
    for (const char* text : {"Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9v ", "Zm9-", "Zh=="})
        EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Bytes, Base64UrlIsStrictAndUnpadded) {
    EXPECT_EQ(to_base64url(as_bytes("\xfb\xff")), "-_8");
    EXPECT_EQ(as_text(*from_base64url("-_8")), "\xfb\xff");
    for (const char* text : {"-_9", "-_8=", "+/8", "A", "AAAAA"})
        EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Bytes, HexRoundTrips) {
    EXPECT_EQ(to_hex(as_bytes("\x01\xaf")), "01af");
    EXPECT_EQ(as_text(*from_hex("01AF")), "\x01\xaf");
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, DecimalIsDigitsOnly) {
    EXPECT_EQ(*parse_decimal("0"), 0u);
    EXPECT_EQ(*parse_decimal("18446744073709551615"), 18446744073709551615u);
    for (const char* text : {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616", "1.0"})
        EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Bytes, ConstantTimeComparisonComparesLengthAndContent) {
    EXPECT_TRUE(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace sallyport
