#include "hub/absolute_form.hpp"

#include "base/error.hpp"
#include "hub/exchange_id.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

TEST(AbsoluteForm, SplitsWithoutChangingAByte) {
    const struct {
        const char* text;
        const char* authority;
        const char* target;
    } table[] = {
        {"http://erp.virtual:44300/sap/Set('a%2Fb')?$filter=x eq 1", "erp.virtual:44300",
         "/sap/Set('a%2Fb')?$filter=x eq 1"},
        {"http://erp.virtual", "erp.virtual", "/"},
        {"HTTP://ERP.virtual:80/", "ERP.virtual:80", "/"},
        {"http://h//a//b", "h", "//a//b"},
        {"http://h/?", "h", "/?"},
    };
    for (const auto& row : table) {
        const auto parsed = parse_absolute_form(row.text);
        ASSERT_TRUE(parsed) << row.text;
        EXPECT_EQ(parsed->authority, row.authority) << row.text;
        EXPECT_EQ(parsed->target, row.target) << row.text;
    }
}

TEST(AbsoluteForm, RefusesWhatIsNotOne) {
    for (const char* text : {"", "/path", "*", "h:80", "http:/h/", "http:///p", "ftp://h/",
                             "http://user@h/", "http://h?q=1", "http://h#f", "http://h/p#f"})
        EXPECT_EQ(parse_absolute_form(text).error().code, Errc::malformed) << text;
    EXPECT_EQ(parse_absolute_form("https://h/").error().code, Errc::denied);
}

TEST(ExchangeId, SortsByTimeAndHas26Characters) {
    std::array<std::byte, 10> zero{};
    std::array<std::byte, 10> ones;
    ones.fill(std::byte{0xff});
    const ExchangeId early(1'000, ones);
    const ExchangeId late(1'001, zero);
    EXPECT_EQ(early.text().size(), 26u);
    EXPECT_LT(early.text(), late.text());
    EXPECT_EQ(ExchangeId(0, zero).text(), "00000000000000000000000000");
    EXPECT_EQ(ExchangeId(0, ones).text(), "0000000000ZZZZZZZZZZZZZZZZ");
}

TEST(RandomBlock, GivesFreshBytesEachTime) {
    RandomBlock random;
    std::array<std::byte, 10> last{};
    for (int i = 0; i < 300; ++i) {
        const auto next = random.next();
        EXPECT_FALSE(std::equal(next.begin(), next.end(), last.begin()));
        std::copy(next.begin(), next.end(), last.begin());
    }
}

}  // namespace
}  // namespace sallyport::hub
