// What becomes of segments that are not written any more.
#include "audit/upkeep.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/compress.hpp"
#include "audit/gzip_reader.hpp"
#include "audit_fixture.hpp"

#include <future>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class UpkeepTest : public AuditTest {
protected:
    static constexpr int enough = 1'000'000;
    static bool always() { return true; }

    Settings keeping(Retention retention) const {
        auto with = settings();
        with.retention = retention;
        return with;
    }
    std::vector<Segment> segments() const { return *list_segments(folder); }
    std::size_t compressed() const {
        return static_cast<std::size_t>(std::ranges::count_if(segments(), &Segment::compressed));
    }
    Segment plain() const {
        const auto path = root / "00000000000000000000.jsonl";
        std::string text;
        for (int i = 0; i < 50'000; ++i) text += "{\"seq\":" + std::to_string(i) + "}\n";
        EXPECT_TRUE(replace_file(path, text, 0640));
        return {.path = path, .first = 0, .bytes = text.size()};
    }
    static std::string inflate(const std::filesystem::path& path) {
        GzipReader reader(FileDescriptor(::open(path.c_str(), O_RDONLY)), path.string());
        std::string text;
        std::vector<char> chunk(10'000);
        while (true) {
            const auto count = reader.read(chunk);
            if (!count) ADD_FAILURE() << to_text(count.error());
            if (!count || *count == 0) return text;
            text.append(chunk.data(), *count);
        }
    }
    std::vector<Record> all_of(std::string_view event) const {
        std::vector<Record> found;
        for (auto& record : records())
            if (record.event == event) found.push_back(std::move(record));
        return found;
    }
    /// It goes on where it was; what is signed is still what is there.
    void expect_same_log_after_a_start() {
        const auto log = open();
        EXPECT_EQ(log->broken(), "");
        EXPECT_TRUE(log->healthy());
    }
};

TEST_F(UpkeepTest, ACompressedSegmentHasTheSameBytesAndRights) {
    const auto segment = plain();
    const auto text = *read_file(segment.path);
    ASSERT_TRUE(compress_segment(segment, disk, always));
    EXPECT_FALSE(std::filesystem::exists(segment.path));
    const auto path = std::filesystem::path(segment.path.string() + ".gz");
    EXPECT_EQ(inflate(path), text);
    EXPECT_LT(std::filesystem::file_size(path), text.size() / 2);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
}

TEST_F(UpkeepTest, ACompressionThatFailsLeavesThePlainSegment) {
    const auto segment = plain();
    const auto text = *read_file(segment.path);
    const auto expect_as_before = [&] {
        EXPECT_EQ(*read_file(segment.path), text);
        EXPECT_FALSE(std::filesystem::exists(segment.path.string() + ".gz"));
        EXPECT_FALSE(std::filesystem::exists(segment.path.string() + ".gz.tmp"));
    };
    disk.writes_left = 0;
    EXPECT_EQ(compress_segment(segment, disk, always).error().code.value(), ENOSPC);
    expect_as_before();
    disk.writes_left = enough;
    disk.syncs_left = 0;
    EXPECT_FALSE(compress_segment(segment, disk, always));
    expect_as_before();
    disk.syncs_left = enough;
    for (const int after : {0, 1, 3}) {
        int asked = 0;
        EXPECT_EQ(compress_segment(segment, disk, [&] { return asked++ < after; }).error().code,
                  Errc::aborted);
        expect_as_before();
    }
    auto other = segment;
    other.bytes += 1;  // as if it were still written
    EXPECT_THAT(compress_segment(other, disk, always).error().detail, HasSubstr("not give back"));
    expect_as_before();
}

TEST_F(UpkeepTest, SealedSegmentsAreCompressedAndTheOpenOneIsNot) {
    {
        const auto log = open();
        write_days(*log, 3);
        log->look_after();
        EXPECT_EQ(segments().size(), 3U);
        EXPECT_EQ(compressed(), 2U);
        EXPECT_EQ(log->storage().segments, 3U);
        EXPECT_EQ(to_rfc3339(*log->storage().oldest), "2025-03-01T12:00:00.000000Z");
    }
    EXPECT_EQ(all_of("link.up").size(), 3U);
    expect_same_log_after_a_start();
}

TEST_F(UpkeepTest, WhatIsNotSealedIsNotCompressed) {
    const auto log = open();
    log->append(LinkUp{});
    clock.pass(24h);
    log->append(LinkUp{});
    ASSERT_TRUE(log->write());
    log->look_after();
    EXPECT_EQ(compressed(), 0U);
}

TEST_F(UpkeepTest, ACrashInTheMiddleOfACompressionIsMadeGood) {
    {
        const auto log = open();
        write_days(*log, 2);
    }
    const auto first = first_segment().string();
    ASSERT_TRUE(replace_file(first + ".gz.tmp", "half", 0640));
    ASSERT_TRUE(replace_file(first + ".gz", "whole, but the plain one is still there", 0640));
    const auto log = open();
    ASSERT_TRUE(log->seal(not_recorded));
    log->look_after();
    EXPECT_FALSE(std::filesystem::exists(first + ".gz.tmp"));
    EXPECT_FALSE(std::filesystem::exists(first));
    EXPECT_THAT(inflate(first + ".gz"), HasSubstr("log.opened"));
}

TEST_F(UpkeepTest, AFullDiskDoesNotStopTheLogWhenASegmentIsCompressed) {
    const auto log = open();
    write_days(*log, 2);
    disk.writes_left = 0;
    log->look_after();
    EXPECT_EQ(compressed(), 0U);
    EXPECT_TRUE(log->healthy());
    disk.writes_left = enough;
    log->look_after();
    EXPECT_EQ(compressed(), 0U) << "not at once again";
    clock.pass(10min);
    log->look_after();
    EXPECT_EQ(compressed(), 1U);
}

TEST_F(UpkeepTest, OldSegmentsAreDeletedAfterTheLogHasSaidSo) {
    {
        const auto log = open(keeping({.days = 3}));
        log->look_after();
        write_days(*log, 5);
        log->look_after();
        EXPECT_EQ(segments().size(), 4U);
        EXPECT_GE(log->sealed().size, records().back().sequence + 1);
    }
    const auto told = all_of("log.pruned");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].number("first"), records().front().sequence);
    EXPECT_EQ(told[0].number("segments"), 1U);
    EXPECT_EQ(told[0].text("reason"), "age");
    EXPECT_EQ(told[0].text("policy"), "days=3");
    EXPECT_EQ(told[0].text("who"), "policy");
    EXPECT_FALSE(std::filesystem::exists(folder / "00000000000000000000.cp"));
    expect_same_log_after_a_start();
}

TEST_F(UpkeepTest, AClockThatJumpedDeletesNothing) {
    const auto log = open(keeping({.days = 3}));
    log->look_after();
    write_days(*log, 2);
    clock.instant.wall += std::chrono::days(10'000);
    log->append(LinkUp{});
    ASSERT_TRUE(log->write());
    log->look_after();
    EXPECT_TRUE(all_of("log.pruned").empty());
}

TEST_F(UpkeepTest, ACommandDeletesAtOnceAndFirstSaysWhat) {
    {
        const auto log = open(keeping({.days = 0}));
        write_days(*log, 4);
        const auto dry = log->retain({.keep_days = 1}, "uid:0");
        ASSERT_TRUE(dry);
        EXPECT_EQ(dry->segments, 2U);
        EXPECT_EQ(segments().size(), 4U);
        const auto by_policy = log->retain({.dry_run = false}, "uid:0");
        ASSERT_TRUE(by_policy);
        EXPECT_EQ(by_policy->segments, 0U);
        EXPECT_EQ(by_policy->policy, "for ever");
        const auto done = log->retain({.keep_days = 1, .dry_run = false}, "uid:0");
        ASSERT_TRUE(done) << to_text(done.error());
        EXPECT_EQ(done->segments, 2U);
        EXPECT_EQ(done->first, segments().front().first);
        const auto all = log->retain({.keep_days = 0, .dry_run = false}, "uid:0");
        EXPECT_EQ(all->segments, 1U);
        EXPECT_EQ(segments().size(), 1U) << "never the open one";
    }
    EXPECT_EQ(all_of("log.pruned").size(), 2U);
    EXPECT_EQ(all_of("log.pruned")[0].text("who"), "uid:0");
    expect_same_log_after_a_start();
}

TEST_F(UpkeepTest, ASegmentEndsBeforeItsCheckpointsAreTooManyToRead) {
    const auto log = open();
    write_days(*log, 1);
    log->look_after();
    log->append(LinkUp{});
    ASSERT_TRUE(log->write());
    ASSERT_EQ(segments().size(), 1U);
    const auto checkpoints = folder / checkpoint_file_name(0);
    const auto whole = std::filesystem::file_size(checkpoints);
    std::filesystem::resize_file(checkpoints, checkpoint_file_bytes_enough);
    log->look_after();
    std::filesystem::resize_file(checkpoints, whole);
    log->append(LinkUp{});
    log->append(LinkUp{});
    ASSERT_TRUE(log->write());
    EXPECT_EQ(segments().size(), 2U);
    EXPECT_EQ(all_of("segment.sealed").back().text("reason"), "size");
}

TEST_F(UpkeepTest, BytesAreALimitToo) {
    const auto log = open(keeping({.days = 0, .bytes = 3000}));
    write_days(*log, 10);
    log->look_after();
    EXPECT_LE(log->storage().bytes, 3000U + 1500U) << "and the record that tells of it";
    EXPECT_EQ(all_of("log.pruned").front().text("reason"), "size");
}

TEST_F(UpkeepTest, AFailedLogMakesRoomAndTellsOfItWhenItIsRepaired) {
    {
        const auto log = open();
        write_days(*log, 4);
        disk.writes_left = 0;
        log->append(LinkUp{});
        EXPECT_FALSE(log->write());
        const auto done = log->retain({.keep_days = 0, .dry_run = false}, "uid:0");
        ASSERT_TRUE(done) << to_text(done.error());
        EXPECT_EQ(done->segments, 3U);
        EXPECT_EQ(segments().size(), 1U);
        disk.writes_left = enough;
        ASSERT_TRUE(log->repair());
        EXPECT_EQ(log->broken(), "");
    }
    ASSERT_EQ(all_of("log.pruned").size(), 1U);
    EXPECT_EQ(all_of("log.pruned")[0].number("segments"), 3U);
    expect_same_log_after_a_start();
}

TEST_F(UpkeepTest, ALogThatCannotSayItDeletesNothing) {
    const auto log = open();
    write_days(*log, 3);
    disk.syncs_left = 0;
    EXPECT_FALSE(log->retain({.keep_days = 0, .dry_run = false}, "uid:0"));
    EXPECT_FALSE(log->healthy());
    EXPECT_EQ(segments().size(), 3U);
}

TEST_F(UpkeepTest, AReloadChangesThePolicyAndSaysSo) {
    {
        const auto log = open(keeping({.days = 0}));
        write_days(*log, 3);
        ASSERT_TRUE(log->reconfigure({.level = Level::off,
                                      .configuration = configuration_b,
                                      .retention = {.days = 1},
                                      .off_reason = "a test"},
                                     {.who = "uid:0"}));
        EXPECT_EQ(log->retain({}, "uid:0")->policy, "days=1");
    }
    EXPECT_EQ(all_of("log.opened")[0].text("retention"), "for ever");
    EXPECT_EQ(all_of("config.changed")[0].text("retention"), "days=1");
    EXPECT_EQ(all_of("config.changed")[0].text("off_reason"), "a test");
}

TEST(Upkeep, RunsAtOnceWhenWokenAndNotAfterItWasStopped) {
    std::atomic<int> rounds = 0;
    std::promise<void> first;
    std::promise<void> second;
    Upkeep upkeep(std::chrono::hours(1), [&] {
        if (++rounds == 1) first.set_value();
        if (rounds == 2) second.set_value();
    });
    first.get_future().wait();
    upkeep.wake();
    second.get_future().wait();
    upkeep.stop();
    upkeep.wake();
    EXPECT_EQ(rounds, 2);
}

}  // namespace
}  // namespace sallyport::audit
