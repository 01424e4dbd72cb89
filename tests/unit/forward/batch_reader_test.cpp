#include "forward/batch_reader.hpp"

#include "tests/unit/forward/log_folder.hpp"

#include <gmock/gmock.h>

namespace sallyport::forward {
namespace {

using ::testing::ElementsAre;

class BatchReaderTest : public ::testing::Test {
protected:
    BatchReader reader(std::optional<Cursor> after = std::nullopt) const {
        return {log.path(), after, Begin::start, 0, settings};
    }
    static std::vector<audit::Sequence> sequences(const BatchReader::Batch& batch) {
        std::vector<audit::Sequence> all;
        for (const auto& item : batch.items) all.push_back(item.record.sequence);
        return all;
    }

    LogFolder log;
    Settings settings{.name = "drop", .kind = Kind::file, .events = {"link.*"}};
};

TEST_F(BatchReaderTest, GivesWhatIsWantedAndThePlaceBehindAll) {
    log.append(0, record_line(0) + record_line(1, "log.opened") + record_line(2));
    auto reads = reader();
    ASSERT_TRUE(reads.seek()->reached);
    const auto batch = reads.read();
    ASSERT_TRUE(batch);
    EXPECT_THAT(sequences(*batch), ElementsAre(0, 2));
    EXPECT_EQ(batch->items[0].line, record_line(0));
    EXPECT_EQ(batch->position->sequence, 2U);
    EXPECT_TRUE(batch->at_end);
    log.append(0, record_line(3, "log.opened"));
    const auto unwanted = reads.read();
    EXPECT_TRUE(unwanted->items.empty());
    EXPECT_EQ(unwanted->position->sequence, 3U);
}

TEST_F(BatchReaderTest, CountsWhatIsMissingOnce) {
    log.append(0, 0, 2);
    log.append(5, 5, 6);
    auto reads = reader();
    ASSERT_TRUE(reads.seek());
    EXPECT_EQ(reads.read()->skipped, 3U);
    EXPECT_EQ(reads.read()->skipped, 0U);
}

TEST_F(BatchReaderTest, ABatchIsNoLargerThanItMayBe) {
    const auto line = record_line(0, "link.up", R"(,"reason":")" + std::string(2000, 'x') + '"');
    const auto count = 3 * BatchReader::bytes_max / line.size();
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += record_line(i, "link.up", R"(,"reason":")" + std::string(2000, 'x') + '"');
    log.append(0, text);
    auto reads = reader();
    ASSERT_TRUE(reads.seek());
    std::size_t taken = 0;
    int batches = 0;
    for (bool at_end = false; !at_end; ++batches) {
        const auto batch = reads.read();
        ASSERT_TRUE(batch);
        taken += batch->items.size();
        EXPECT_LE(batch->items.size() * line.size(), BatchReader::bytes_max + 2 * line.size());
        at_end = batch->at_end;
    }
    EXPECT_EQ(taken, count);
    EXPECT_GE(batches, 3);
}

}  // namespace
}  // namespace sallyport::forward
