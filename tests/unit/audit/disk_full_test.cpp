// What the log does before the disk is full, when it is, and after that.
#include "audit/reserve.hpp"
#include "audit/segment_writer.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <sys/stat.h>

namespace sallyport::audit {
namespace {

class DiskFullTest : public AuditTest {
protected:
    static constexpr int enough = 1'000'000;

    Settings degraded() const {
        auto with = settings();
        with.on_failure = OnFailure::degrade;
        return with;
    }
    void expect_good() const {
        const auto report = verify(folder);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->good()) << report->problems.front().text;
    }
    /// Appends and writes until the log fails.
    static std::uint64_t fill(Log& log) {
        std::uint64_t written = 0;
        for (; written < 10'000; ++written) {
            log.append(LinkUp{.link = "1.1"});
            if (!log.write()) break;
        }
        return written;
    }
    std::vector<Record> all_of(std::string_view event) const {
        std::vector<Record> found;
        for (auto& record : records())
            if (record.event == event) found.push_back(std::move(record));
        return found;
    }
};

TEST_F(DiskFullTest, BlocksAreReservedAheadAndTheSizeIsWhatIsWritten) {
    const auto log = open();
    disk.allocations = 0;
    for (int i = 0; i < 100; ++i) {
        log->append(LinkUp{});
        ASSERT_TRUE(log->write());
    }
    EXPECT_EQ(disk.allocations, 0) << "in chunks, not for each record";
    struct stat file {};
    ASSERT_EQ(::stat(first_segment().c_str(), &file), 0);
    EXPECT_GE(static_cast<std::uint64_t>(file.st_blocks) * 512,
              static_cast<std::uint64_t>(file.st_size) + Reserve::least_bytes);
    EXPECT_EQ(content().back(), '\n');
    EXPECT_TRUE(log->storage().reserves);
}

TEST_F(DiskFullTest, TheLastWordsFitIntoWhatIsReserved) {
    {
        const auto log = open();
        disk.allocations_left = 0;
        disk.free_bytes = 7;
        EXPECT_GT(fill(*log), 100U) << "the chunk is used first";
        EXPECT_FALSE(log->healthy());
        EXPECT_FALSE(log->admits());
        EXPECT_EQ(log->failure()->code.value(), ENOSPC);
        EXPECT_EQ(log->dropped(), 0U) << "the last one was written, too";
        EXPECT_EQ(log->append(LinkDown{}), not_recorded);
    }
    EXPECT_EQ(events().back(), "log.disk_full");
    EXPECT_EQ(records().back().number("free_bytes"), 7U);
    EXPECT_EQ(records().back().text("on_failure"), "block");
    expect_good();
    disk.allocations_left = enough;
    { open(); }
    expect_good();
}

TEST_F(DiskFullTest, LessThanAChunkWillDoForAWhile) {
    const auto log = open();
    disk.allocations_left = 1;
    fill(*log);
    EXPECT_EQ(disk.allocations_left, -2) << "chunk, once; then chunk and less, in vain";
}

TEST_F(DiskFullTest, ARepairGoesOnBehindTheLastWords) {
    {
        const auto log = open(degraded());
        disk.allocations_left = 0;
        fill(*log);
        log->append(begin("a"));
        EXPECT_EQ(log->unrecorded(), 1U);
        EXPECT_FALSE(log->repair()) << "still full";
        disk.allocations_left = enough;
        const auto repair = log->repair();
        ASSERT_TRUE(repair) << to_text(repair.error());
        EXPECT_EQ(repair->unrecorded, 1U);
    }
    const auto names = events();
    const auto full = std::find(names.begin(), names.end(), "log.disk_full");
    ASSERT_NE(full, names.end());
    EXPECT_EQ(std::vector<std::string>(full + 1, names.end()),
              (std::vector<std::string>{"segment.sealed", "segment.opened", "log.recovered",
                                        "log.closed"}));
    expect_good();
}

TEST_F(DiskFullTest, ABatchThatDoesNotFitIsLeftOutAsAWhole) {
    {
        const auto log = open();
        disk.allocations_left = 0;
        const std::string path(10'000, 'p');
        auto event = begin("a");
        event.path = path;
        for (int i = 0; i < 200; ++i) log->append(event);
        EXPECT_FALSE(log->write());
        EXPECT_EQ(log->dropped(), 200U);
    }
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened", "log.disk_full"}));
    expect_good();
}

TEST_F(DiskFullTest, ASegmentDoesNotEndIfThereIsNoRoomForTheNext) {
    auto with = settings();
    with.segment_bytes_max = 2000;
    {
        const auto log = open(with);
        disk.allocations_left = 0;
        fill(*log);
        EXPECT_EQ(list_segments(folder)->size(), 1U);
    }
    EXPECT_EQ(events().back(), "log.disk_full");
    EXPECT_TRUE(all_of("segment.sealed").empty());
    expect_good();
    disk.allocations_left = enough;
    { open(with); }
    expect_good();
}

TEST_F(DiskFullTest, WithoutReserveAFullDiskIsAFailedWrite) {
    disk.allocation_failure = EOPNOTSUPP;
    disk.allocations_left = 0;
    const auto log = open();
    log->look_after();
    EXPECT_FALSE(log->storage().reserves);
    log->append(LinkUp{});
    EXPECT_TRUE(log->write());
    disk.writes_left = 0;
    log->append(LinkUp{});
    EXPECT_FALSE(log->write());
    EXPECT_EQ(log->failure()->code.value(), ENOSPC);
    expect_good();
}

TEST_F(DiskFullTest, AnyAllocationMayBeTheOneThatFails) {
    for (const int failure : {EIO, ENOSPC, EDQUOT}) {
        for (int n = 0; n < 8; ++n) {
            disk.allocation_failure = failure;
            auto with = settings();
            with.segment_bytes_max = 1500;
            {
                disk.allocations_left = n;
                const auto log = open(with);
                fill(*log);
                EXPECT_FALSE(log->healthy());
                disk.allocations_left = enough;
                ASSERT_TRUE(log->repair());
            }
            expect_good();
            std::filesystem::remove_all(folder);
        }
    }
}

TEST_F(DiskFullTest, WatermarksAreRecordedOnceWhenTheyAreCrossed) {
    {
        const auto log = open();
        log->look_after();
        EXPECT_EQ(log->storage().watermark_percent, 0U);
        disk.free_bytes = 15'000'000'000;
        log->look_after();
        log->look_after();
        EXPECT_EQ(log->storage().watermark_percent, 80U);
        disk.free_bytes = 4'000'000'000;
        log->look_after();
        EXPECT_TRUE(log->admits()) << "4 GB are free";
        disk.free_bytes = 90'000'000'000;
        log->look_after();
    }
    const auto told = all_of("log.watermark");
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0].number("percent"), 80U);
    EXPECT_EQ(told[0].number("free_bytes"), 15'000'000'000U);
    EXPECT_EQ(told[1].number("percent"), 95U);
    EXPECT_EQ(told[2].number("percent"), 0U);
}

TEST_F(DiskFullTest, NearlyFullBlocksNewExchangesAndEndsByItself) {
    {
        const auto log = open();
        log->append(begin("a"));
        disk.free_bytes = 1'000'000;
        log->look_after();
        EXPECT_TRUE(log->nearly_full());
        EXPECT_TRUE(log->healthy());
        EXPECT_FALSE(log->admits());
        log->append(answered("a"));
        ASSERT_TRUE(log->write());
        disk.free_bytes = 50'000'000'000;
        log->look_after();
        EXPECT_TRUE(log->admits());
    }
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened", "exchange.begin", "log.watermark",
                                                  "exchange.end", "log.watermark", "log.closed"}));
    EXPECT_EQ(all_of("log.watermark")[0].text("state"), "nearly_full");
    EXPECT_EQ(all_of("log.watermark")[1].text("state"), "");
    expect_good();
}

TEST_F(DiskFullTest, WhatPassedUnrecordedIsNotForgottenIfTheLogFailsWhenItTells) {
    const auto log = open(degraded());
    disk.free_bytes = 1'000'000;
    log->look_after();
    log->append(begin("a"));
    log->append(answered("a"));
    ASSERT_EQ(log->unrecorded(), 1U);
    disk.free_bytes = 50'000'000'000;
    disk.writes_left = 0;
    log->look_after();
    EXPECT_FALSE(log->healthy());
    EXPECT_EQ(log->unrecorded(), 1U);
    disk.writes_left = enough;
    const auto repair = log->repair();
    ASSERT_TRUE(repair) << to_text(repair.error());
    EXPECT_EQ(repair->unrecorded, 1U);
}

TEST_F(DiskFullTest, NearlyFullLetsExchangesPassUnrecordedIfTheLogMayDegrade) {
    {
        const auto log = open(degraded());
        log->append(begin("before"));
        disk.free_bytes = 1'000'000;
        log->look_after();
        EXPECT_TRUE(log->admits());
        EXPECT_EQ(log->append(begin("a")), not_recorded);
        EXPECT_EQ(log->append(answered("a")), not_recorded);
        EXPECT_NE(log->append(ExchangeEnd{.exchange = "b", .outcome = outcome::refused}),
                  not_recorded);
        EXPECT_NE(log->append(answered("before")), not_recorded);
        EXPECT_EQ(log->unrecorded(), 1U);
        ASSERT_TRUE(log->reconfigure(
            {.on_failure = OnFailure::block, .configuration = configuration_b}, "uid:0"));
        EXPECT_FALSE(log->admits());
        ASSERT_TRUE(log->reconfigure(
            {.on_failure = OnFailure::degrade, .configuration = configuration_b}, "uid:0"));
        EXPECT_TRUE(log->admits());
        disk.free_bytes = 50'000'000'000;
        log->look_after();
        EXPECT_NE(log->append(begin("c")), not_recorded);
        log->append(answered("c"));
        EXPECT_EQ(log->unrecorded(), 0U) << "it is on record";
    }
    EXPECT_EQ(all_of("log.watermark")[1].number("unrecorded"), 1U);
    EXPECT_EQ(all_of("exchange.begin").size(), 2U);
    expect_good();
}

}  // namespace
}  // namespace sallyport::audit
