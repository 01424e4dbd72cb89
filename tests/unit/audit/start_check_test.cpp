// What a start does with the log it finds.
#include "audit/checkpoint_file.hpp"
#include "audit/generation.hpp"
#include "audit/log_keys.hpp"
#include "audit_fixture.hpp"

#include <functional>
#include <future>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StartCheckTest : public AuditTest {
protected:
    static constexpr int many = 12;

    Settings small() const {
        auto with = settings();
        with.segment_bytes_max = 1000;
        return with;
    }
    /// Several segments, all sealed.
    void write_log() {
        const auto log = open(small());
        for (int i = 0; i < many; ++i) log->append(begin(std::to_string(i)));
    }
    Segment newest() const { return list_segments(folder)->back(); }
    fs::path checkpoint_file(Sequence first) const { return folder / checkpoint_file_name(first); }
    static void edit(const fs::path& path, const std::function<void(std::string&)>& change) {
        auto text = *read_file(path);
        change(text);
        ASSERT_TRUE(replace_file(path, text, 0640));
    }
    static void cut(const fs::path& path, std::size_t bytes) {
        edit(path, [&](std::string& text) { text.resize(text.size() - bytes); });
    }
    /// The next start puts the log aside, for this reason.
    void expect_broken(std::string_view why) {
        const auto before = records_before_;
        const auto origin = open_origin_;
        const auto log = open(small());
        ASSERT_TRUE(log);
        EXPECT_THAT(log->broken(), HasSubstr(std::string(why)));
        EXPECT_TRUE(log->healthy());
        EXPECT_NE(log->identity().origin, origin);
        const auto opened = records().front();
        EXPECT_EQ(opened.sequence, 0U);
        EXPECT_EQ(opened.text("previous_generation"), "generation-0001");
        EXPECT_THAT(std::string(opened.text("broken")), HasSubstr(std::string(why)));
        EXPECT_TRUE(fs::exists(folder / "generation-0001" / "broken.json"));
        static_cast<void>(before);
    }
    void expect_whole() {
        const auto log = open(small());
        EXPECT_EQ(log->broken(), "");
        EXPECT_FALSE(fs::exists(folder / "generation-0001"));
        const auto sealed = log->seal(not_recorded);
        EXPECT_EQ(sealed->size, records().back().sequence + 1);
    }
    std::size_t records_before_ = 0;
    std::string open_origin_;
};

TEST_F(StartCheckTest, AnUntouchedLogGoesOn) {
    write_log();
    expect_whole();
}

TEST_F(StartCheckTest, ARecordThatWasSignedAndEditedIsEvidence) {
    write_log();
    edit(newest().path, [](std::string& text) { text[text.find("log.closed")] = 'L'; });
    expect_broken("are not the ones that were signed");
}

TEST_F(StartCheckTest, ARecordThatWasSignedAndCutOffIsEvidence) {
    write_log();
    edit(newest().path,
         [](std::string& text) { text.resize(text.rfind('\n', text.size() - 2) + 1); });
    expect_broken("TRUNCATED");
    const auto generation = newest_generation(folder);
    ASSERT_TRUE(generation && *generation);
    EXPECT_EQ((*generation)->size, records().front().number("previous_size"));
}

TEST_F(StartCheckTest, ATornLineBelowTheSignedSizeIsNoTornTail) {
    write_log();
    cut(newest().path, 3);
    expect_broken("TRUNCATED");
}

TEST_F(StartCheckTest, AMissingSegmentIsEvidence) {
    write_log();
    fs::remove(newest().path);
    expect_broken("TRUNCATED");
}

TEST_F(StartCheckTest, AForgedCheckpointIsEvidence) {
    write_log();
    edit(checkpoint_file(newest().first), [](std::string& text) {
        const auto signature = text.rfind(' ') + 10;
        text[signature] = text[signature] == 'A' ? 'B' : 'A';
    });
    expect_broken("not signed by the log");
}

TEST_F(StartCheckTest, SomethingElseBetweenTheCheckpointsIsEvidence) {
    write_log();
    edit(checkpoint_file(newest().first), [](std::string& text) { text += "x\n\ny\nz\n"; });
    expect_broken("holds something that is no checkpoint");
}

TEST_F(StartCheckTest, AnotherKeyIsNotTheKeyOfTheLog) {
    write_log();
    fs::remove(root / "audit.key");
    expect_broken("is missing");
}

TEST_F(StartCheckTest, AMissingListOfKeysIsEvidence) {
    write_log();
    fs::remove(folder / "vkeys");
    expect_broken("the file vkeys, is missing");
}

TEST_F(StartCheckTest, ATornCheckpointIsCutOff) {
    for (std::size_t bytes : {1, 20, 90, 120, 180}) {
        write_log();
        cut(checkpoint_file(newest().first), bytes);
        expect_whole();
        fs::remove_all(folder);
    }
}

TEST_F(StartCheckTest, AMissingCheckpointFileIsRebuiltFromTheSegmentBefore) {
    for (const bool empty : {false, true}) {
        write_log();
        const auto file = checkpoint_file(newest().first);
        fs::remove(file);
        if (empty) {
            ASSERT_TRUE(replace_file(file, "", 0640));
        }
        expect_whole();
        EXPECT_TRUE(fs::exists(file));
        fs::remove_all(folder);
    }
}

TEST_F(StartCheckTest, RecordsBehindTheSignedSizeAreTakenAsTheyAre) {
    fs::path killed;
    {
        const auto log = open(small());
        for (int i = 0; i < many; ++i) log->append(begin(std::to_string(i)));
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    folder = killed;
    ASSERT_GT(list_segments(folder)->size(), 3U);
    expect_whole();
    for (const auto& segment : *list_segments(folder))
        EXPECT_TRUE(fs::exists(checkpoint_file(segment.first)));
}

TEST_F(StartCheckTest, WhatDoesNotFollowBehindTheSignedSizeIsMovedAside) {
    fs::path killed;
    {
        const auto log = open();
        for (const auto* id : {"a", "b", "c"}) log->append(begin(id));
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    folder = killed;
    edit(first_segment(), [](std::string& text) { text[text.find("\"b\"") + 1] = 'x'; });
    {
        const auto log = open();
        EXPECT_EQ(log->broken(), "");
    }
    const auto all = records();
    EXPECT_EQ(all[3].event, "log.recovered") << "the edited one has nothing that vouches for it";
    EXPECT_EQ(all[3].number("torn_lines"), 1U);
}

TEST_F(StartCheckTest, SegmentsBehindOneThatLostItsUnsignedEndAreMovedAside) {
    for (const std::size_t bytes : {3, 600}) {  // a part of a line; a whole one too
        fs::path killed;
        {
            const auto log = open(small());
            for (int i = 0; i < many; ++i) log->append(begin(std::to_string(i)));
            ASSERT_TRUE(log->write());
            killed = snapshot();
        }
        fs::remove_all(folder);
        fs::rename(killed, folder);
        ASSERT_GT(list_segments(folder)->size(), 3U);
        cut(first_segment(), bytes);
        expect_whole();
        const auto all = records();
        for (Sequence i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, i);
        EXPECT_TRUE(std::ranges::any_of(
            all, [](const Record& record) { return record.number("torn_lines").value_or(0) > 0; }));
        fs::remove_all(folder);
    }
}

TEST_F(StartCheckTest, ALogWithoutCheckpointsIsSealedFromNowOn) {
    write_log();
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() != ".jsonl") fs::remove(entry.path());
    fs::remove(root / "audit.key");
    const auto first = newest().first;
    expect_whole();
    EXPECT_EQ((*LogKeys::read(folder))->known().front().since, first);
    EXPECT_TRUE(fs::exists(checkpoint_file(first)));
    expect_whole();
}

TEST_F(StartCheckTest, AMoveThatWasInterruptedIsFinished) {
    write_log();
    const auto moving = folder / "generation-0001.moving";
    fs::create_directory(moving);
    ASSERT_TRUE(replace_file(moving / "broken.json",
                             R"({"origin":"o","size":7,"root":"r","broken":"why"})", 0640));
    fs::rename(first_segment(), moving / first_segment().filename());
    const auto log = open();
    EXPECT_TRUE(fs::exists(folder / "generation-0001" / "vkeys"));
    const auto opened = records().front();
    EXPECT_EQ(opened.number("previous_size"), 7U);
    EXPECT_EQ(opened.text("broken"), "why");
}

TEST_F(StartCheckTest, AMoveThatARepairFinishesBeginsAnotherLogAsWell) {
    constexpr int enough = 1'000'000;
    const auto log = open();
    for (int i = 0; i < many; ++i) log->append(begin(std::to_string(i)));
    ASSERT_TRUE(log->seal(not_recorded));
    const auto before = log->identity();
    disk.writes_left = 0;
    log->append(LinkUp{});
    ASSERT_FALSE(log->write());
    disk.writes_left = enough;
    // The repair before this one got no further.
    const auto moving = folder / "generation-0001.moving";
    fs::create_directory(moving);
    ASSERT_TRUE(replace_file(moving / "broken.json", R"({"size":7,"broken":"why"})", 0640));
    ASSERT_TRUE(log->repair());
    EXPECT_EQ(log->broken(), "generation-0001: why");
    EXPECT_NE(log->identity().vkey, before.vkey);
    const auto opened = records().front();
    EXPECT_EQ(opened.event, "log.opened");
    EXPECT_EQ(opened.number("previous_size"), 7U);
    EXPECT_EQ(log->sealed().size, records().size());
    const auto syncs = disk.syncs.load();
    std::promise<bool> durable;
    log->sync(log->append(LinkUp{}), [&](bool done) { durable.set_value(done); });
    EXPECT_TRUE(durable.get_future().get());
    EXPECT_GT(disk.syncs, syncs) << "the numbers of the other log count for nothing";
}

TEST_F(StartCheckTest, TheKeyOfALogThatWasPutAsideIsNotUsedAgain) {
    write_log();
    const auto key = *read_file(root / "audit.key");
    const auto aside = folder / "generation-0001";
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    fs::create_directory(aside);
    for (const auto& file : files) fs::rename(file, aside / file.filename());
    ASSERT_TRUE(open()->healthy());
    EXPECT_NE(*read_file(root / "audit.key"), key);
    EXPECT_EQ(records().front().text("previous_generation"), "generation-0001");
}

TEST_F(StartCheckTest, TheSecondBrokenLogIsAnotherGeneration) {
    for (int i = 0; i < 2; ++i) {
        write_log();
        cut(newest().path, 3);
        open(small());
    }
    EXPECT_TRUE(fs::exists(folder / "generation-0002"));
    EXPECT_EQ(records().front().text("previous_generation"), "generation-0002");
}

}  // namespace
}  // namespace sallyport::audit
