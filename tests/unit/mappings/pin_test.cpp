#include "mappings/pin.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace sallyport::mappings {
namespace {

TEST(Pin, IsReadInHexadecimalAndInBase64) {
    const std::string bytes(32, '\x5a');
    const auto hex = parse_pin("sha256:" + to_hex(as_bytes(bytes)));
    const auto base64 = parse_pin("sha256:" + to_base64(as_bytes(bytes)));
    ASSERT_TRUE(hex && base64);
    EXPECT_EQ(*hex, *base64);
    EXPECT_EQ(as_text(*hex), bytes);
}

TEST(Pin, RefusesWhatIsNoSha256) {
    for (const std::string bad :
         {"", "sha256:", "sha1:AAAA", "5a5a", "sha256:5a5a", "SHA256:5a",
          "sha256:zz5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
          "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="})
        EXPECT_FALSE(parse_pin(bad)) << bad;
}

}  // namespace
}  // namespace sallyport::mappings
