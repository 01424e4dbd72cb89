#include "forward/cursor.hpp"

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sallyport::forward {
namespace {

Cursor example_cursor() {
    Cursor cursor{.segment = 100, .sequence = 123};
    cursor.digest.fill(std::byte{0xa7});
    return cursor;
}

TEST(Cursor, IsReadAsItWasWritten) {
    const auto read = parse_cursor(to_text(example_cursor()));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, example_cursor());
}

TEST(Cursor, ThatIsNotWholeIsNoCursor) {
    const auto whole = to_text(example_cursor());
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(parse_cursor(whole.substr(0, length))) << length;
    EXPECT_FALSE(parse_cursor(whole + "x"));
    EXPECT_FALSE(parse_cursor("124 123" + whole.substr(whole.find(' ', 4))));
}

TEST(Cursor, SurvivesInItsFileAndReplacesTheOneBefore) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "forward" / "siem.cursor";
    auto none = load_cursor(file);
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    auto cursor = example_cursor();
    ASSERT_TRUE(save_cursor(file, cursor));
    cursor.sequence = 999;
    ASSERT_TRUE(save_cursor(file, cursor));
    const auto loaded = load_cursor(file);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, cursor);
}

TEST(Cursor, ThatIsDamagedIsToldFromOneThatIsNotThere) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "siem.cursor";
    std::ofstream(file) << "100 12";
    const auto loaded = load_cursor(file);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::malformed);
}

}  // namespace
}  // namespace sallyport::forward
