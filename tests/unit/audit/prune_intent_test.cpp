// What is deleted is on record, whatever comes between: a log that has failed, a kill, a restart.
#include "audit/prune_intent.hpp"

#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int enough = 1'000'000;

class PruneIntentTest : public AuditTest {
protected:
    std::vector<Record> told() const {
        auto all = records();
        std::erase_if(all, [](const Record& record) { return record.event != "log.pruned"; });
        return all;
    }
    std::vector<Segment> segments() const { return *list_segments(folder); }
    std::filesystem::path file() const { return folder.string() + ".pruned"; }
    void fail(Log& log) {
        disk.writes_left = 0;
        log.append(LinkUp{});
        EXPECT_FALSE(log.write());
    }
    static Result<Pruned> prune(Log& log, std::uint32_t days, std::string_view who = "uid:0") {
        return log.retain({.keep_days = days, .dry_run = false}, who);
    }
    /// As a kill leaves it before the last step.
    void forget_slot(std::size_t slot) const {
        auto text = *read_file(file());
        const auto at = slot * PruneIntentFile::slot_bytes;
        std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), PruneIntentFile::slot_bytes,
                    '\0');
        ASSERT_TRUE(replace_file(file(), text, 0600));
    }
    LogKeys keys() const { return **LogKeys::read(folder); }
};

TEST_F(PruneIntentTest, WhatWentWhileTheLogHadFailedIsOnRecordAfterARestart) {
    {
        const auto log = open();
        write_days(*log, 4);
        fail(*log);
        ASSERT_TRUE(prune(*log, 0));
        EXPECT_EQ(segments().size(), 1U);
    }
    EXPECT_FALSE(verify(folder)->good()) << "nothing tells of it yet";
    disk.writes_left = enough;
    { const auto log = open(); }
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0].number("segments"), 3U);
    EXPECT_EQ(told()[0].text("who"), "uid:0");
    EXPECT_EQ(told()[0].text("youngest").substr(0, 10), "2025-03-04") << "its last record";
    EXPECT_TRUE(verify(folder)->good());
    { const auto log = open(); }
    EXPECT_EQ(told().size(), 1U) << "once";
}

TEST_F(PruneIntentTest, AllThatWentBeforeTheRepairIsOneRecordOverRestartsToo) {
    {
        const auto log = open();
        write_days(*log, 5);
        fail(*log);
        ASSERT_EQ(prune(*log, 3)->segments, 1U);
    }
    {
        const auto log = open();
        EXPECT_FALSE(log->healthy());
        ASSERT_EQ(prune(*log, 2, "uid:7")->segments, 1U);
        ASSERT_EQ(prune(*log, 1, "uid:7")->segments, 1U);
        disk.writes_left = enough;
        ASSERT_TRUE(log->repair());
    }
    ASSERT_EQ(told().size(), 1U);
    EXPECT_EQ(told()[0].number("segments"), 3U);
    EXPECT_EQ(told()[0].text("who"), "uid:0, uid:7");
    EXPECT_EQ(told()[0].number("first"), segments().front().first);
    EXPECT_TRUE(verify(folder)->good());
}

TEST_F(PruneIntentTest, WhatAKillLeavesOfTheFilesGoesAtTheStart) {
    std::filesystem::path records_left;
    {
        const auto log = open();
        write_days(*log, 4);
        const auto before = snapshot();
        ASSERT_TRUE(prune(*log, 1));
        for (const auto& left : {"00000000000000000000.pii", "00000000000000000000.cp"})
            ASSERT_TRUE(replace_file(folder / left, "left", 0640));
        const auto second = (*list_segments(before))[1].path.filename();
        std::filesystem::copy(before / second, folder / second);
        records_left = folder / second;
    }
    forget_slot(1);
    const auto log = open();
    EXPECT_FALSE(std::filesystem::exists(folder / "00000000000000000000.pii"));
    EXPECT_FALSE(std::filesystem::exists(folder / "00000000000000000000.cp"));
    EXPECT_FALSE(std::filesystem::exists(records_left));
    EXPECT_EQ(told().size(), 1U) << "it is on record already";
    EXPECT_TRUE(verify(folder)->good());
}

TEST_F(PruneIntentTest, WhoeverWritesTheFileHasNothingRecordedOrRemoved) {
    {
        const auto log = open();
        write_days(*log, 4);
    }
    const auto all = segments();
    const auto stranger =
        tlog::Signer::create(keys().origin(), *certs::Key::generate(certs::KeyKind::ed25519));
    ASSERT_TRUE(stranger);
    PruneIntentFile forged(folder);
    ASSERT_TRUE(forged.read(keys()));
    ASSERT_TRUE(forged.write({.pruned = {.first = all[2].first, .segments = 2}}, *stranger));
    EXPECT_EQ(PruneIntentFile(folder).read(keys()).error().code, Errc::untrusted);
    std::filesystem::remove(all[0].path);
    { const auto log = open(); }
    EXPECT_TRUE(told().empty());
    EXPECT_TRUE(std::filesystem::exists(all[1].path));
    EXPECT_FALSE(verify(folder)->good());
}

TEST_F(PruneIntentTest, ALogThatWasPutAsideIsNotContinuedByTheNext) {
    const auto log = open();
    write_days(*log, 4);
    fail(*log);
    ASSERT_TRUE(prune(*log, 0));
    std::filesystem::remove(folder / "vkeys");
    disk.writes_left = enough;
    ASSERT_TRUE(log->repair());
    EXPECT_NE(log->broken(), "");
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(segments().front().first, 0U);
    EXPECT_TRUE(log->healthy());
}

TEST_F(PruneIntentTest, WithoutTheFileAFailedLogDeletesNothing) {
    const auto log = open();
    write_days(*log, 4);
    fail(*log);
    std::filesystem::remove(file());
    std::filesystem::create_directory(file());
    const auto done = prune(*log, 0);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().detail, HasSubstr("audit.pruned"));
    EXPECT_EQ(segments().size(), 4U);
    disk.writes_left = enough;
    ASSERT_TRUE(log->repair());
    EXPECT_TRUE(prune(*log, 0)) << "it is on record first, then";
}

TEST_F(PruneIntentTest, AFileThatCouldNotBeReadIsNotWrittenOverAndIsReadAgain) {
    {
        const auto log = open();
        write_days(*log, 5);
        ASSERT_EQ(prune(*log, 3)->segments, 1U);
    }
    const auto elsewhere = root / "elsewhere";
    std::filesystem::rename(file(), elsewhere);
    std::filesystem::create_directory(file());
    {
        const auto log = open();
        fail(*log);
        EXPECT_EQ(prune(*log, 2).error().code, Errc::unavailable);
        std::filesystem::remove(file());
        std::filesystem::rename(elsewhere, file());
        const auto before = segments().size();
        ASSERT_TRUE(prune(*log, 2));
        EXPECT_LT(segments().size(), before);
    }
    disk.writes_left = enough;
    { const auto log = open(); }
    EXPECT_EQ(told().size(), 2U) << "what is older and done is not taken for the newest";
    EXPECT_TRUE(verify(folder)->good());
}

TEST_F(PruneIntentTest, WhatATornFileStillSaysIsReadBeforeItIsMadeAnew) {
    {
        const auto log = open();
        write_days(*log, 4);
        fail(*log);
        ASSERT_TRUE(prune(*log, 0));
    }
    std::filesystem::resize_file(file(), PruneIntentFile::slot_bytes);
    disk.writes_left = enough;
    { const auto log = open(); }
    EXPECT_EQ(told().size(), 1U);
    EXPECT_TRUE(verify(folder)->good());
    EXPECT_EQ(std::filesystem::file_size(file()),
              PruneIntentFile::slots * PruneIntentFile::slot_bytes);
}

TEST_F(PruneIntentTest, TheFileGivesBackWhatWasWrittenLastAndNotWhatIsTorn) {
    { const auto log = open(); }
    std::filesystem::remove(file());
    auto key = certs::Key::from_pem(*read_file(root / "audit.key"));
    ASSERT_TRUE(key);
    const auto signer = tlog::Signer::create(keys().origin(), std::move(*key));
    ASSERT_TRUE(signer);
    EXPECT_FALSE(*PruneIntentFile(folder).read(keys()));
    PruneIntentFile written(folder);
    ASSERT_TRUE(written.read(keys()));
    PruneIntent intent{.pruned = {.first = 7,
                                  .segments = 1,
                                  .bytes = 2,
                                  .disclosures = 3,
                                  .disclosed_from = 9,
                                  .reason = "age",
                                  .policy = "days=1",
                                  .who = "uid:0",
                                  .youngest = clock.instant.wall,
                                  .untaken = {"forward siem"}}};
    for (const Sequence first : {7U, 8U, 9U}) {
        intent.pruned.first = first;
        ASSERT_TRUE(written.write(intent, *signer));
        const auto read = PruneIntentFile(folder).read(keys());
        ASSERT_TRUE(read && *read);
        EXPECT_EQ((*read)->pruned.first, first);
        EXPECT_EQ((*read)->pruned.youngest, clock.instant.wall);
        EXPECT_THAT((*read)->pruned.untaken, ElementsAre("forward siem"));
        EXPECT_EQ((*read)->origin, keys().origin());
    }
    forget_slot(0);
    EXPECT_EQ((**PruneIntentFile(folder).read(keys())).pruned.first, 8U);
    EXPECT_EQ(std::filesystem::file_size(file()),
              PruneIntentFile::slots * PruneIntentFile::slot_bytes);
}

}  // namespace
}  // namespace sallyport::audit
