// How the log is sealed while it is written.
#include "audit/checkpoint_file.hpp"
#include "audit/log_keys.hpp"
#include "audit/seal_schedule.hpp"
#include "audit_fixture.hpp"
#include "tlog/tree.hpp"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::audit {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class SealTest : public AuditTest {
protected:
    std::vector<SignedCheckpoint> checkpoints(Sequence segment = 0) const {
        std::vector<SignedCheckpoint> all;
        const auto keys = LogKeys::read(folder);
        if (!keys || !*keys) return all;
        const auto text = read_file(folder / checkpoint_file_name(segment));
        if (!text) return all;
        const auto spans = split_notes(*text);
        EXPECT_FALSE(spans.torn || spans.damaged);
        for (const auto note : spans.notes) {
            auto read = (*keys)->verify(note);
            EXPECT_TRUE(read) << note;
            if (read) all.push_back(std::move(*read));
        }
        return all;
    }
    /// The root of the first lines of the first segment.
    tlog::Hash root_of(std::uint64_t size) const {
        tlog::Range range;
        const auto text = content();
        for (std::size_t at = 0; range.end() < size;) {
            const auto end = text.find('\n', at) + 1;
            range.append(tlog::leaf_hash(as_bytes(std::string_view(text).substr(at, end - at))));
            at = end;
        }
        return range.root();
    }
    std::vector<std::uint64_t> sizes(Sequence segment = 0) const {
        std::vector<std::uint64_t> all;
        for (const auto& read : checkpoints(segment)) all.push_back(read.checkpoint.size);
        return all;
    }
};

TEST_F(SealTest, SignsAtTheStartWhenAskedAndAtTheEnd) {
    {
        const auto log = open();
        EXPECT_EQ(log->sealed().size, 1U);
        EXPECT_EQ(sizes(), (std::vector<std::uint64_t>{0, 1}));
        const auto sequence = log->append(begin("a"));
        const auto sealed = log->seal(sequence + 1);
        ASSERT_TRUE(sealed);
        EXPECT_EQ(sealed->size, 2U);
        EXPECT_FALSE(sealed->witnessed);
        EXPECT_EQ(log->seal(sequence + 1)->size, 2U) << "nothing to do";
        log->append(answered("a"));
    }
    const auto all = checkpoints();
    auto told = sizes();
    std::erase(told, 3U);  // there if the thread looked once more for the second request
    EXPECT_EQ(told, (std::vector<std::uint64_t>{0, 1, 2, 4}));
    for (const auto& read : all) EXPECT_EQ(read.checkpoint.root, root_of(read.checkpoint.size));
}

TEST_F(SealTest, TellsWhoSealsAndKeepsTheKeyFromOthers) {
    const auto log = open();
    const auto identity = log->identity();
    EXPECT_THAT(identity.vkey, HasSubstr(identity.origin));
    EXPECT_EQ(identity.origin.size(), std::string("sallyport/").size() + 32);
    const auto opened = records().front();
    EXPECT_EQ(opened.text("origin"), identity.origin);
    EXPECT_EQ(opened.text("vkey"), identity.vkey);
    EXPECT_EQ(*read_file(folder / "vkeys"), "0 " + identity.vkey + "\n");
    struct stat file {};
    ASSERT_EQ(::stat((root / "audit.key").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600U);
    ASSERT_EQ(::stat((folder / checkpoint_file_name(0)).c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0640U);
}

TEST_F(SealTest, AnotherStartGoesOnWithTheSameKeyAndFile) {
    const auto first = open()->identity();
    const auto second = open()->identity();
    EXPECT_EQ(first.vkey, second.vkey);
    EXPECT_EQ(sizes(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
}

TEST_F(SealTest, EverySegmentHasAFileThatBeginsWithTheRangeBeforeIt) {
    auto with = settings();
    with.segment_bytes_max = 1000;
    {
        const auto log = open(with);
        for (int i = 0; i < 12; ++i) log->append(begin(std::to_string(i)));
        ASSERT_TRUE(log->seal(not_recorded));
    }
    const auto segments = *list_segments(folder);
    ASSERT_GT(segments.size(), 3U);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto all = checkpoints(segments[i].first);
        ASSERT_FALSE(all.empty());
        const auto range = all.front().checkpoint.range();
        ASSERT_TRUE(range);
        EXPECT_EQ(range->end(), segments[i].first);
        EXPECT_EQ(range->root(), all.front().checkpoint.root);
        if (i + 1 < segments.size()) {
            EXPECT_EQ(all.back().checkpoint.size, segments[i + 1].first) << "all of it is signed";
        }
    }
}

TEST_F(SealTest, WhatIsInTheFileMustBeWhatWasWritten) {
    const auto log = open();
    log->append(begin("a"));
    log->append(answered("a"));
    ASSERT_TRUE(log->write());
    auto text = content();
    const auto user = text.find("erp.virtual");
    text[user] = 'x';
    FileDescriptor file(::open(first_segment().c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    const auto sealed = log->seal(not_recorded);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().code, Errc::untrusted);
    EXPECT_FALSE(log->healthy());
    ASSERT_TRUE(log->failure());
    EXPECT_THAT(to_text(*log->failure()), HasSubstr("is not what was written"));
    EXPECT_EQ(sizes().back(), 1U) << "nothing of it was signed";

    const auto repaired = log->repair();
    ASSERT_TRUE(repaired) << to_text(repaired.error());
    EXPECT_TRUE(log->healthy());
    EXPECT_GT(repaired->torn_bytes, 0U) << "from the first line on that does not fit";
    EXPECT_EQ(log->sealed().size, records().size());
}

TEST_F(SealTest, AnyStepMayFailAndARepairGoesOn) {
    for (int n = 0; n < 8; ++n) {
        auto log = open();
        for (const auto what : {&disk.writes_left, &disk.syncs_left}) {
            if (n > 4 && what == &disk.writes_left) disk.accepts = 100;
            *what = n % 4;
            for (int i = 0; i < 4; ++i) {
                log->append(LinkUp{.link = "1.1"});
                const bool sealed = log->seal(not_recorded).has_value();
                EXPECT_EQ(sealed, log->healthy());
            }
            EXPECT_FALSE(log->healthy());
            EXPECT_FALSE(log->seal(not_recorded));
            *what = 1'000'000;
            const auto repaired = log->repair();
            ASSERT_TRUE(repaired) << to_text(repaired.error());
            const auto sealed = log->seal(not_recorded);
            EXPECT_EQ(sealed->size, records().size());
        }
        disk.accepts = 0;
        log.reset();
        const auto segments = *list_segments(folder);
        EXPECT_EQ(sizes(segments.back().first).back(), records().size());
        { EXPECT_EQ(open()->broken(), ""); }
        std::filesystem::remove_all(folder);
    }
}

TEST_F(SealTest, SilenceIsOnRecord) {
    {
        const auto log = open();
        ASSERT_TRUE(log->seal(not_recorded));
        EXPECT_EQ(events().back(), "log.opened");
        clock.pass(seconds(61));
        EXPECT_EQ(log->seal(not_recorded)->size, 2U);
        EXPECT_EQ(events().back(), "log.heartbeat");
        ASSERT_TRUE(log->seal(not_recorded));
        EXPECT_EQ(events().back(), "log.heartbeat");
        EXPECT_EQ(records().size(), 2U) << "one";
    }
}

TEST_F(SealTest, TellsOfEachNewCheckpoint) {
    std::atomic<int> told = 0;
    const auto log = open();
    log->on_sealed([&](Haste) { ++told; });
    log->append(begin("a"));
    ASSERT_TRUE(log->seal(not_recorded));
    EXPECT_EQ(told, 1);
    ASSERT_TRUE(log->seal(not_recorded));
    EXPECT_EQ(told, 1) << "there is no new one";
    log->on_sealed({});
}

TEST_F(SealTest, TellsThatWhatSomebodyWaitedForIsUrgentThoughItWasSealedBefore) {
    std::atomic<int> urgent = 0;
    const auto log = open();
    log->on_sealed([&](Haste haste) { urgent += haste == Haste::at_once ? 1 : 0; });
    const auto record = log->append(begin("a"));
    ASSERT_TRUE(log->seal(not_recorded));
    EXPECT_EQ(urgent, 1);
    ASSERT_TRUE(log->seal(record + 1));
    ASSERT_TRUE(log->seal(not_recorded)) << "a turn after that of the one before";
    EXPECT_EQ(urgent, 2);
    log->on_sealed({});
}

TEST_F(SealTest, SealAfterCloseSaysSo) {
    const auto log = open();
    log->append(begin("a"));
    log->close();
    EXPECT_EQ(log->sealed().size, 3U);
    EXPECT_EQ(log->seal(not_recorded).error().code, Errc::closed);
}

TEST_F(SealTest, SealsByItselfWhenTheIntervalIsOver) {
    auto with = settings();
    with.checkpoint_interval = std::chrono::milliseconds(1);
    std::promise<void> sealed;
    std::atomic<bool> once = false;
    const auto log = open(with);
    log->on_sealed([&](Haste) {
        if (log->sealed().size >= 2 && !once.exchange(true)) sealed.set_value();
    });
    log->append(begin("a"));
    sealed.get_future().wait();
    log->on_sealed({});
    EXPECT_EQ(events().back(), "exchange.begin") << "it wrote what nobody had written";
}

TEST_F(SealTest, AP256KeySignsAsWell) {
    auto with = settings();
    with.key_kind = certs::KeyKind::p256;
    { open(with); }
    EXPECT_EQ(sizes(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST(SealSchedule, SealsWhatIsNewAndSaysThatThereIsNothing) {
    SealSchedule schedule(seconds(60));
    schedule.sealed(seconds(100));
    EXPECT_EQ(schedule.decide(seconds(101), true), SealSchedule::Turn::seal);
    EXPECT_EQ(schedule.decide(seconds(159), false), SealSchedule::Turn::rest);
    EXPECT_EQ(schedule.decide(seconds(160), false), SealSchedule::Turn::heartbeat);
    EXPECT_EQ(SealSchedule(seconds(0)).decide(seconds(999), false), SealSchedule::Turn::rest);
}

}  // namespace
}  // namespace sallyport::audit
