// Reading along while a segment gives way to the next.
#include "audit/tail.hpp"

#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::ElementsAre;

class TailOverSegmentsTest : public AuditTest {
protected:
    TailOverSegmentsTest() { std::filesystem::create_directory(folder); }
    void set(Sequence first, std::string_view lines) const {
        ASSERT_TRUE(replace_file(folder / segment_name(first), lines, 0640));
    }
    static std::vector<std::string> read(Tail& tail) {
        std::vector<std::string> lines;
        EXPECT_TRUE(tail.read([&](std::string_view line) { lines.emplace_back(line); }));
        return lines;
    }
};

TEST_F(TailOverSegmentsTest, TheNextSegmentIsThereBeforeTheEndOfOurs) {
    set(0, "a\n");
    auto tail = Tail::open(folder, 1);
    ASSERT_TRUE(tail);
    set(3, "");
    EXPECT_THAT(read(*tail), ElementsAre("a\n"));
    set(0, "a\nb\nc\n");
    EXPECT_THAT(read(*tail), ElementsAre("b\n", "c\n"));
    set(3, "d\n");
    EXPECT_THAT(read(*tail), ElementsAre("d\n"));
}

TEST_F(TailOverSegmentsTest, BeginsInTheSegmentThatIsWritten) {
    set(0, "a\n");
    set(2, "");
    auto tail = Tail::open(folder, 0);
    ASSERT_TRUE(tail);
    set(0, "a\nb\n");
    EXPECT_THAT(read(*tail), ElementsAre("b\n"));
}

}  // namespace
}  // namespace sallyport::audit
