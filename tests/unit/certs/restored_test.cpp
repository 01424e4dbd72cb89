#include "certs/restored.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::certs {
namespace {

const std::string root(std::string(43, 'A') + "=");

TEST(Restored, ReadsWhatItWrites) {
    const Restored whole{"sallyport/1", 17, root, "sallyport/2", "sallyport/2+00000000+AAAA"};
    EXPECT_EQ(whole.to_text(), "sallyport/1 17 " + root + " sallyport/2 sallyport/2+00000000+AAAA");
    EXPECT_EQ(*Restored::parse(whole.to_text()), whole);
    const Restored empty{{}, 0, {}, "sallyport/2", "key"};
    EXPECT_EQ(empty.to_text(), "- 0 - sallyport/2 key");
    EXPECT_EQ(*Restored::parse(empty.to_text()), empty);
}

TEST(Restored, HasOneSpelling) {
    const std::vector<std::string> odd{std::string(),
                                       std::string("a"),
                                       "a 1 " + root + " b",
                                       "a 1 " + root + " b c d",
                                       "a 1 " + root + " b c ",
                                       " a 1 " + root + " b c",
                                       "a  1 " + root + " b c",
                                       "a 01 " + root + " b c",
                                       "a -1 " + root + " b c",
                                       "a 1 AAAA b c",
                                       "- 1 " + root + " b c",
                                       "a 0 " + root + " b c",
                                       "a 0 - b c",
                                       "- 0 " + root + " b c",
                                       "a 1 - b c",
                                       "a\t1 " + root + " b c",
                                       "a 1 " + root + " b \xff",
                                       "a 99999999999999999999 " + root + " b c",
                                       "- 0 - b " + std::string(2000, 'x')};
    for (const auto& text : odd)
        EXPECT_EQ(Restored::parse(text).error().code, Errc::malformed) << text;
}

}  // namespace
}  // namespace sallyport::certs
