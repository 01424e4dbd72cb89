// What the files say decides about what is deleted: so they are compared with what was signed.
#include "audit/checkpoint_file.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class PruneCheckTest : public AuditTest {
protected:
    void write_days(Log& log, int count) {
        clock.pass(24h);
        AuditTest::write_days(log, count);
    }
    std::vector<Segment> segments() const { return *list_segments(folder); }
    void edit(const std::filesystem::path& file, std::string_view from, std::string_view to) {
        auto text = *read_file(file);
        ASSERT_NE(text.find(from), text.npos);
        text.replace(text.find(from), from.size(), to);
        ASSERT_TRUE(replace_file(file, text, 0640));
    }
    Result<Pruned> prune(Log& log, std::uint32_t days) {
        return log.retain({.keep_days = days, .dry_run = false}, "uid:0");
    }
};

TEST_F(PruneCheckTest, WhoChangesATimeDoesNotHaveTheLogDeleteYoungRecords) {
    open()->append(LinkUp{.link = "0"});
    write_days(*open(), 4);
    const auto all = segments();
    ASSERT_GE(all.size(), 4U);
    const auto was = *read_file(all[1].path);
    edit(all[1].path, "\"time\":\"2025", "\"time\":\"1999");
    {
        const auto log = open();  // which has read nothing of it yet
        const auto done = prune(*log, 30);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::untrusted);
        EXPECT_THAT(done.error().detail, HasSubstr("the one behind it says that it is older"));
        EXPECT_EQ(segments().size(), all.size());
        ASSERT_TRUE(replace_file(all[1].path, was, 0640));
    }
    EXPECT_TRUE(verify(folder)->good());
}

TEST_F(PruneCheckTest, WhatIsNotWhatWasSignedIsNotDeletedEither) {
    write_days(*open(), 4);
    const auto all = segments();
    edit(all[0].path, "\"time\":\"2025", "\"time\":\"1999");
    const auto log = open();
    EXPECT_EQ(prune(*log, 1).error().code, Errc::untrusted);
    EXPECT_EQ(segments().size(), all.size());
    edit(all[0].path, "\"time\":\"1999", "\"time\":\"2025");
    EXPECT_TRUE(prune(*log, 1));
    EXPECT_LT(segments().size(), all.size());
    EXPECT_TRUE(log->healthy());
}

TEST_F(PruneCheckTest, TheLogNeverBeginsWithASegmentWithoutACheckpoint) {
    {
        const auto log = open();
        write_days(*log, 3);
        // The disk is full when the next segment has begun: there is no room for its checkpoint.
        clock.pass(24h);
        log->append(LinkUp{.link = "3"});
        ASSERT_TRUE(log->write());
        disk.writes_left = 0;
        EXPECT_FALSE(log->seal(not_recorded));
        const auto before = segments();
        const auto done = prune(*log, 0);
        ASSERT_TRUE(done) << to_text(done.error());
        EXPECT_EQ(segments().size(), 2U);
        EXPECT_EQ(segments().back().first, before.back().first);
        disk.writes_left = 1'000'000;
        const auto repaired = log->repair();
        ASSERT_TRUE(repaired) << to_text(repaired.error());
    }
    EXPECT_TRUE(verify(folder)->good());
    EXPECT_FALSE(std::filesystem::exists(folder / "generation-0001"));
}

}  // namespace
}  // namespace sallyport::audit
