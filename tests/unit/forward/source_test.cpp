#include "forward/source.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "tests/unit/forward/log_folder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::forward {
namespace {

using Sequences = std::vector<audit::Sequence>;

constexpr std::size_t plenty = 1024 * 1024;

Cursor cursor_at(audit::Sequence segment, audit::Sequence sequence) {
    return {segment, sequence, certs::sha256(as_bytes(record_line(sequence)))};
}

/// Everything up to the present end.
Sequences all_of(Source& source, std::size_t bytes_max = plenty) {
    Sequences seen;
    while (true) {
        const auto there = source.seek(bytes_max);
        if (!there) ADD_FAILURE() << there.error().detail;
        if (!there || *there) break;
    }
    while (true) {
        const auto ended = source.read(bytes_max, [&](audit::Sequence sequence, std::string_view) {
            seen.push_back(sequence);
        });
        if (!ended) ADD_FAILURE() << ended.error().detail;
        if (!ended || *ended) return seen;
    }
}

TEST(Source, BeginsAtTheEndUnlessItIsToldOtherwise) {
    const LogFolder log;
    log.append(0, 0, 3);
    Source late(log.path(), {}, Begin::end);
    EXPECT_EQ(all_of(late), Sequences());
    EXPECT_EQ(late.position(), cursor_at(0, 2));
    log.append(0, 3, 5);
    EXPECT_EQ(all_of(late), (Sequences{3, 4}));
    Source early(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(early), (Sequences{0, 1, 2, 3, 4}));
    EXPECT_EQ(early.position(), cursor_at(0, 4));
}

TEST(Source, GoesOnBehindItsCursor) {
    const LogFolder log;
    log.append(0, 0, 4);
    log.append(4, 4, 8);
    Source source(log.path(), cursor_at(0, 1), Begin::end);
    EXPECT_EQ(all_of(source), (Sequences{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(source.position(), cursor_at(4, 7));
    EXPECT_FALSE(source.log_changed());
    EXPECT_EQ(source.skipped(), 0U);
}

TEST(Source, TakesLittleAtATime) {
    const LogFolder log;
    log.append(0, 0, 50);
    log.append(50, 50, 100);
    Source source(log.path(), cursor_at(0, 9), Begin::end);
    EXPECT_FALSE(*source.seek(1));
    const auto seen = all_of(source, 1);
    ASSERT_EQ(seen.size(), 90U);
    EXPECT_EQ(seen.front(), 10U);
    EXPECT_EQ(seen.back(), 99U);
}

TEST(Source, GivesALineOnlyWhenItIsWhole) {
    const LogFolder log;
    const auto second = record_line(1);
    log.append(0, record_line(0) + second.substr(0, 20));
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source), Sequences{0});
    EXPECT_EQ(all_of(source), Sequences());
    log.append(0, second.substr(20));
    EXPECT_EQ(all_of(source), Sequences{1});
}

TEST(Source, FollowsTheLogIntoNewSegmentsWhileOldOnesAreCompressed) {
    const LogFolder log;
    log.append(0, 0, 2);
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source), (Sequences{0, 1}));
    log.append(0, 2, 3);
    log.append(3, 3, 5);
    log.append(5, 5, 6);
    log.compress(0);
    log.compress(3);
    EXPECT_EQ(all_of(source), (Sequences{2, 3, 4, 5}));
    Source again(log.path(), cursor_at(3, 3), Begin::end);
    EXPECT_EQ(all_of(again), (Sequences{4, 5}));
}

TEST(Source, LeavesASegmentOnlyWhenTheNextOneHasRecords) {
    const LogFolder log;
    log.append(0, 0, 2);
    log.append(3, "");  // made before the last records of ours are written
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source), (Sequences{0, 1}));
    log.append(0, 2, 3);
    log.append(3, 3, 4);
    EXPECT_EQ(all_of(source), (Sequences{2, 3}));
    EXPECT_EQ(source.skipped(), 0U);
}

TEST(Source, IsNotHeldUpByASegmentThatWasTakenBack) {
    const LogFolder log;
    log.append(0, 0, 2);
    log.append(5, "");  // its first record did not come: the disk was full
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source), (Sequences{0, 1}));
    std::filesystem::remove(log.file(5));
    log.append(0, 2, 4);
    log.append(4, 4, 6);
    EXPECT_EQ(all_of(source), (Sequences{2, 3, 4, 5}));
    EXPECT_EQ(source.skipped(), 0U);
}

TEST(Source, SaysThatItsLogWasPutAside) {
    const LogFolder log;
    log.append(0, 0, 4);
    log.append(4, 4, 9);
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source).size(), 9U);
    log.put_aside();
    log.append(0, 0, 2);
    const auto ended = source.read(plenty, [](audit::Sequence, std::string_view) {});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Errc::closed);
}

TEST(Source, SaysThatItsLogWasPutAsideAlsoIfTheNewOneHasTheSameName) {
    const LogFolder log;
    log.append(0, 0, 4);
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source).size(), 4U);
    log.put_aside();
    log.append(0, 0, 6);
    EXPECT_FALSE(source.read(plenty, [](audit::Sequence, std::string_view) {}));
}

TEST(Source, BeginsAnotherLogAtItsStart) {
    const LogFolder log;
    log.append(0, 0, 4);
    log.append(4, 4, 9);
    for (const auto& cursor : {cursor_at(6, 7), cursor_at(100, 120)}) {
        Source source(log.path(), cursor, Begin::end);
        EXPECT_EQ(all_of(source), (Sequences{0, 1, 2, 3, 4, 5, 6, 7, 8}));
        EXPECT_TRUE(source.log_changed());
        EXPECT_EQ(source.skipped(), 0U);
    }
    // Both begin with segment 0.
    Cursor other{0, 7, certs::sha256(as_bytes("another record"))};
    Source source(log.path(), other, Begin::end);
    EXPECT_EQ(all_of(source), (Sequences{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Source, CountsWhatRetentionDeletedBeforeItWasRead) {
    const LogFolder log;
    log.append(10, 10, 12);
    Source source(log.path(), cursor_at(0, 3), Begin::end);
    EXPECT_EQ(all_of(source), (Sequences{10, 11}));
    EXPECT_EQ(source.skipped(), 6U);
    EXPECT_FALSE(source.log_changed());
}

TEST(Source, CountsAGapOnceThoughItIsReadTwice) {
    const LogFolder log;
    log.append(10, 10, 12);
    Source again(log.path(), cursor_at(0, 3), Begin::end, 12);
    EXPECT_EQ(all_of(again), (Sequences{10, 11}));
    EXPECT_EQ(again.skipped(), 0U);
    Source partly(log.path(), cursor_at(0, 3), Begin::end, 8);
    EXPECT_EQ(all_of(partly), (Sequences{10, 11}));
    EXPECT_EQ(partly.skipped(), 2U);
}

TEST(Source, CountsWhatADamagedSegmentHasLost) {
    const LogFolder log;
    log.append(0, 0, 500);
    log.append(500, 500, 502);
    log.compress(0);
    const auto damaged = log.file(0).string() + ".gz";
    std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) / 2);
    Source source(log.path(), {}, Begin::start);
    const auto seen = all_of(source);
    EXPECT_EQ(seen.back(), 501U);
    EXPECT_EQ(seen.size() + source.skipped(), 502U);
    EXPECT_GT(source.skipped(), 0U);
}

TEST(Source, PassesOverWhatIsNoRecord) {
    const LogFolder log;
    log.append(0, record_line(0) + "what is this\n" + std::string(100'000, 'x') + "\n");
    log.append(0, 2, 3);
    Source source(log.path(), {}, Begin::start);
    EXPECT_EQ(all_of(source), (Sequences{0, 2}));
    EXPECT_EQ(source.skipped(), 1U);
}

TEST(Source, SendsTheSegmentAgainIfTheLogLostItsNewestRecords) {
    const LogFolder log;
    log.append(0, 0, 4);
    log.append(4, 4, 6);
    Source source(log.path(), cursor_at(4, 9), Begin::end);
    EXPECT_EQ(all_of(source), (Sequences{4, 5}));
    EXPECT_TRUE(source.log_changed());
}

TEST(Source, SendsTheSegmentAgainIfAnotherRecordStandsInItsPlace) {
    const LogFolder log;
    log.append(0, 0, 2);
    log.append(0, record_line(2, "log.opened"));
    log.append(0, 3, 5);
    Source source(log.path(), cursor_at(0, 2), Begin::end);
    EXPECT_EQ(all_of(source), (Sequences{0, 1, 2, 3, 4}));
    EXPECT_TRUE(source.log_changed());
}

TEST(Source, WaitsForALogThatIsNotThereYet) {
    const LogFolder log;
    Source source(log.path(), {}, Begin::end);
    EXPECT_EQ(all_of(source), Sequences());
    EXPECT_FALSE(source.position());
    log.append(0, 0, 2);
    EXPECT_EQ(all_of(source), (Sequences{0, 1}));
}

}  // namespace
}  // namespace sallyport::forward
