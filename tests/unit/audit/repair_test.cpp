// A log that has failed, from the start on or later, and how it comes to work again.
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <thread>

namespace sallyport::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RepairTest : public AuditTest {
protected:
    static constexpr int enough = 1'000'000;

    /// The log fails with a record that is not taken.
    void fail(Log& log) {
        disk.writes_left = 0;
        log.append(LinkUp{.link = "gone"});
        EXPECT_FALSE(log.write());
        disk.writes_left = enough;
    }
    Settings degraded() const {
        auto with = settings();
        with.on_failure = OnFailure::degrade;
        return with;
    }
    void expect_good() const {
        const auto report = verify(folder);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->good())
            << (report->problems.empty() ? "" : report->problems.front().text);
        EXPECT_EQ(report->exchanges_open, 0U);
    }
    /// The last record that says why a log had failed.
    Record announcement() const {
        Record found;
        for (auto& record : records())
            if (!record.text("failure").empty()) found = record;
        return found;
    }
};

TEST_F(RepairTest, AHealthyLogIsLeftAlone) {
    const auto log = open();
    const auto before = content();
    const auto repair = log->repair();
    ASSERT_TRUE(repair);
    EXPECT_FALSE(repair->repaired);
    EXPECT_EQ(content(), before);
    EXPECT_FALSE(log->failure());
}

TEST_F(RepairTest, TellsWhatWasLost) {
    {
        const auto log = open();
        log->append(begin("a"));
        log->append(begin("gone"));
        ASSERT_TRUE(log->write());
        disk.writes_left = 0;
        disk.accepts = 10;
        disk.truncates = false;
        log->append(answered("gone"));
        EXPECT_FALSE(log->write());
        ASSERT_TRUE(log->failure());
        EXPECT_FALSE(log->repair()) << "still no room";
        EXPECT_FALSE(log->healthy());
        disk.writes_left = enough;
        const auto repair = log->repair();
        ASSERT_TRUE(repair) << to_text(repair.error());
        EXPECT_TRUE(repair->repaired);
        EXPECT_EQ(repair->dropped, 1U);
        EXPECT_EQ(repair->lost, 1U);
        EXPECT_EQ(repair->torn_bytes, 20U) << "of the failure, and of the repair that failed";
        EXPECT_TRUE(log->healthy());
        EXPECT_EQ(log->dropped(), 0U);
        log->append(answered("a"));
        ASSERT_TRUE(log->write());
    }
    EXPECT_THAT(events(),
                ElementsAre("log.opened", "exchange.begin", "exchange.begin", "segment.sealed",
                            "segment.opened", "log.recovered", "log.recovered", "exchange.end",
                            "log.recovered", "exchange.end", "log.closed"));
    const auto all = records();
    EXPECT_EQ(all[3].text("reason"), "repair");
    EXPECT_EQ(all[5].number("torn_bytes"), 10U);
    EXPECT_EQ(all[7].text("outcome"), "lost");
    EXPECT_EQ(all[7].number("begin"), 2U);
    EXPECT_EQ(all[8].number("dropped"), 1U);
    EXPECT_THAT(std::string(all[8].text("failure")), HasSubstr("only 10 of"));
    EXPECT_EQ(all[9].number("begin"), 1U) << "it ran all the time";
    expect_good();
}

TEST_F(RepairTest, CountsExchangesThatPassedWithoutARecord) {
    {
        const auto log = open(degraded());
        disk.writes_left = 0;
        log->append(begin("with the failure"));
        EXPECT_FALSE(log->write());
        log->append(begin("after it"));
        log->append(answered("after it"));
        log->append(answered("with the failure"));
        EXPECT_EQ(log->unrecorded(), 2U);
        disk.writes_left = enough;
        const auto repair = log->repair();
        ASSERT_TRUE(repair);
        EXPECT_EQ(repair->unrecorded, 2U);
        EXPECT_EQ(repair->dropped, 4U);
        EXPECT_EQ(log->unrecorded(), 0U);
    }
    EXPECT_EQ(announcement().number("unrecorded"), 2U);
    expect_good();
}

TEST_F(RepairTest, WhatTheLevelLeavesOutIsNotMissed) {
    auto with = degraded();
    with.level = Level::security;
    const auto log = open(with);
    fail(*log);
    const auto dropped = log->dropped();
    log->append(begin("a"));
    log->append(answered("a"));
    EXPECT_EQ(log->dropped(), dropped);
    log->append(ExchangeEnd{.exchange = "b", .outcome = outcome::refused});
    EXPECT_EQ(log->dropped(), dropped + 1);
    EXPECT_EQ(log->unrecorded(), 0U);
}

TEST_F(RepairTest, TellsOfTheConfigurationThatChangedMeanwhile) {
    {
        const auto log = open();
        fail(*log);
        EXPECT_FALSE(log->reconfigure({.configuration = std::string(64, 'b')}, "uid:1"));
        EXPECT_FALSE(log->reconfigure(
            {.on_failure = OnFailure::degrade, .configuration = std::string(64, 'c')}, "uid:2"));
        EXPECT_TRUE(log->admits());
        // The same again is no news, and takes nothing away from what is still to be told.
        EXPECT_TRUE(log->reconfigure(
            {.on_failure = OnFailure::degrade, .configuration = std::string(64, 'c')}, "uid:3"));
        ASSERT_TRUE(log->repair());
    }
    for (const auto& record : records()) {
        if (record.event != "config.changed") continue;
        EXPECT_EQ(record.text("before"), configuration_a);
        EXPECT_EQ(record.text("after"), std::string(64, 'c'));
        EXPECT_EQ(record.text("who"), "uid:2");
        EXPECT_EQ(record.text("on_failure"), "degrade");
        return;
    }
    FAIL() << "not told";
}

TEST_F(RepairTest, AFullDiskAtTheStartGivesALogThatHasFailed) {
    disk.writes_left = 0;
    const auto log = open(degraded());
    EXPECT_FALSE(log->healthy());
    EXPECT_TRUE(log->admits());
    ASSERT_TRUE(log->failure());
    EXPECT_THAT(to_text(*log->failure()), HasSubstr("No space left"));
    EXPECT_EQ(log->append(begin("a")), not_recorded);
    EXPECT_FALSE(log->write());
    std::promise<bool> safe;
    log->sync(not_recorded, [&](bool done) { safe.set_value(done); });
    EXPECT_FALSE(safe.get_future().get());
    EXPECT_FALSE(log->repair()) << "still no room";
    disk.writes_left = enough;
    const auto repair = log->repair();
    ASSERT_TRUE(repair) << to_text(repair.error());
    EXPECT_EQ(repair->unrecorded, 1U);
    EXPECT_THAT(events(), ElementsAre("log.opened", "log.recovered"));
    log->append(begin("b"));
    log->append(answered("b"));
    EXPECT_TRUE(log->write());
    expect_good();
}

TEST_F(RepairTest, AnyWriteOfAStartMayFailAndARepairMakesUpForIt) {
    auto with = settings();
    with.segment_bytes_max = 1000;
    for (int n = 0; n < 5; ++n) {
        {
            const auto log = open(with);
            for (const auto* id : {"a", "b", "c", "d", "e", "f"}) log->append(begin(id));
            ASSERT_TRUE(log->write());
            disk.writes_left = 0;  // as if it were killed now
        }
        disk.writes_left = n;
        disk.accepts = 100;
        {
            const auto log = open(with);
            disk.writes_left = enough;
            ASSERT_TRUE(log->repair());
            EXPECT_TRUE(log->healthy());
        }
        expect_good();
        std::filesystem::remove_all(folder);
    }
}

TEST_F(RepairTest, AFolderThatCannotBeMadeIsMadeLater) {
    folder = root / "in the way" / "audit";
    ASSERT_TRUE(replace_file(root / "in the way", "", 0600));
    const auto log = open();
    EXPECT_FALSE(log->healthy());
    EXPECT_FALSE(log->admits());
    EXPECT_FALSE(log->repair());
    std::filesystem::remove(root / "in the way");
    ASSERT_TRUE(log->repair());
    EXPECT_TRUE(log->healthy());
    EXPECT_EQ(try_open().error().code, Errc::conflict) << "the folder is taken now";
}

TEST_F(RepairTest, AnotherProcessThatTookTheFolderMeanwhileKeepsIt) {
    folder = root / "in the way" / "audit";
    ASSERT_TRUE(replace_file(root / "in the way", "", 0600));
    const auto log = open();
    std::filesystem::remove(root / "in the way");
    const auto other = open();
    const auto repair = log->repair();
    ASSERT_FALSE(repair);
    EXPECT_EQ(repair.error().code, Errc::conflict);
    EXPECT_TRUE(other->healthy());
}

TEST_F(RepairTest, AfterAFailedSyncTheBytesAreWrittenAgain) {
    auto with = settings();
    with.durability = Durability::power;
    {
        const auto log = open(with);
        disk.syncs_left = 0;
        std::promise<bool> safe;
        log->sync(log->append(begin("a")), [&](bool done) { safe.set_value(done); });
        EXPECT_FALSE(safe.get_future().get());
        EXPECT_FALSE(log->repair()) << "the disk still fails";
        EXPECT_FALSE(log->healthy());
        disk.syncs_left = enough;
        ASSERT_TRUE(log->repair());
        log->append(answered("a"));
    }
    expect_good();
}

TEST_F(RepairTest, OfTwoAtOnceOneHasNothingToDo) {
    const auto log = open();
    fail(*log);
    std::atomic<int> repaired = 0;
    const auto run = [&] {
        const auto repair = log->repair();
        ASSERT_TRUE(repair);
        if (repair->repaired) ++repaired;
    };
    std::thread other(run);
    run();
    other.join();
    EXPECT_EQ(repaired, 1);
}

TEST_F(RepairTest, RecordsThatComeMeanwhileAreRecordedOrCounted) {
    constexpr std::uint64_t links = 2000;
    {
        const auto log = open();
        std::atomic<bool> ready = false;
        std::thread worker([&] {
            for (std::uint64_t i = 0; i < links; ++i) {
                if (i == links / 4) ready = true;
                if (log->append(LinkUp{.link = "1.1"}) != not_recorded)
                    static_cast<void>(log->write());
            }
        });
        while (!ready) std::this_thread::yield();
        disk.writes_left = 0;
        while (log->healthy()) {
            log->append(LinkDown{.link = "0.0"});
            static_cast<void>(log->write());
        }
        disk.writes_left = enough;
        ASSERT_TRUE(log->repair());
        worker.join();
    }
    std::uint64_t told = announcement().number("dropped").value_or(0);
    for (const auto& record : records())
        if (record.event == "link.up") ++told;
    EXPECT_GE(told, links) << "each is there or counted; of the failing thread some are counted";
    expect_good();
}

TEST_F(RepairTest, WhatOverflowedCanBeRepairedThoughNobodyWrites) {
    const auto log = open();
    const std::string path(10'000, 'p');
    auto event = begin("a");
    event.path = path;
    while (log->append(event) != not_recorded) log->append(answered("a"));
    EXPECT_FALSE(log->healthy());
    const auto repair = log->repair();
    ASSERT_TRUE(repair);
    EXPECT_TRUE(repair->repaired);
    EXPECT_NE(log->append(begin("b")), not_recorded);
    log->append(answered("b"));
    log->close();
    expect_good();
}

TEST_F(RepairTest, AfterCloseItSaysSo) {
    const auto log = open();
    log->close();
    EXPECT_EQ(log->repair().error().code, Errc::closed);
}

}  // namespace
}  // namespace sallyport::audit
