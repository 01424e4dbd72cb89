// What checkpoints say of records, beyond the table of attacks.
#include "attacked_log.hpp"
#include "audit/verify.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class VerifySealTest : public AuditTest {
protected:
    static std::string all(const Report& report) {
        std::string text;
        for (const auto& problem : report.problems)
            text += std::string(problem.verdict) + ": " + problem.text + "\n";
        return text;
    }
    /// A log whose newest records are not signed, as if the disk stood still, or as if somebody had
    /// removed their checkpoints.
    Report unsigned_records(int count, std::chrono::seconds step) {
        const auto log = open();
        for (int i = 0; i < count; ++i) {
            clock.pass(step);
            log->append(LinkUp{.link = std::to_string(i)});
            EXPECT_TRUE(log->write());
        }
        return *verify(snapshot());
    }
    /// Each record in a segment of its own, about.
    std::vector<Segment> write_segments() {
        auto with = settings();
        with.segment_bytes_max = 1000;
        {
            const auto log = open(with);
            for (int i = 0; i < 20; ++i) log->append(LinkUp{.hub = "prod", .link = "1"});
        }
        return *list_segments(folder);
    }
    std::string newest_note() const {
        const auto text = *read_file(list_checkpoint_files(folder)->back().path);
        return std::string(split_notes(text).notes.back());
    }
};

TEST_F(VerifySealTest, RecordsThatWereNotSignedForLongAreAProblem) {
    const auto report = unsigned_records(20, std::chrono::seconds(60));
    EXPECT_THAT(all(report), HasSubstr("unsigned: records 1 to 20 are not signed, though the log "
                                       "was at work for 19 minutes"));
    EXPECT_EQ(report.problem_count, 1U);
    EXPECT_THAT(what_is_proved(report), HasSubstr("Proved: the records below 1 are"));
}

TEST_F(VerifySealTest, RecordsOfAFewMinutesMayWaitForTheirSignature) {
    const auto report = unsigned_records(8, std::chrono::seconds(60));
    EXPECT_TRUE(report.good()) << all(report);
}

TEST_F(VerifySealTest, TheTimeInWhichALogHadFailedDoesNotCount) {
    const auto report = unsigned_records(8, std::chrono::hours(1));
    EXPECT_TRUE(report.good()) << all(report);
}

TEST_F(VerifySealTest, AKeyThatWasGivenMustHaveSignedACheckpoint) {
    open().reset();
    const VerifyOptions given{.keys = {LogKeys::read(folder).value()->newest()}};
    EXPECT_TRUE(verify(folder, given)->seal.keys_known);
    std::filesystem::remove(folder / checkpoint_file_name(0));
    EXPECT_THAT(all(*verify(folder, given)), HasSubstr("key: no key that was given vouches"));
}

TEST_F(VerifySealTest, APartOfALogIsNotComparedWithWhatIsNewer) {
    const auto segments = write_segments();
    ASSERT_GT(segments.size(), 4U);
    const VerifyOptions part{.checkpoints = {newest_note()}, .until = segments[2].first};
    const auto report = *verify(folder, part);
    EXPECT_TRUE(report.good()) << all(report);
    EXPECT_THAT(report.notes, Contains(HasSubstr("not all of them were looked at")));
}

TEST_F(VerifySealTest, APartOfALogThatWasCutIsSeen) {
    const auto segments = write_segments();
    ASSERT_GT(segments.size(), 4U);
    const auto newest = newest_note();
    for (auto i = segments.size() - 1; i > 2; --i) {
        std::filesystem::remove(segments[i].path);
        std::filesystem::remove(folder / checkpoint_file_name(segments[i].first));
    }
    auto part = VerifyOptions{.until = segments[2].first};
    EXPECT_TRUE(verify(folder, part)->good());
    part = {.checkpoints = {newest}, .until = segments[4].first};
    EXPECT_THAT(all(*verify(folder, part)), HasSubstr("TRUNCATED"));
    std::filesystem::resize_file(segments[2].path, 0);
    EXPECT_THAT(all(*verify(folder, {.until = segments[2].first})), HasSubstr("TRUNCATED"));
}

TEST_F(VerifySealTest, WhatWasGivenMustBeComparedWithSomething) {
    const auto segments = write_segments();
    const auto newest = newest_note();
    const auto last = segments.back().first;
    const VerifyOptions part{.checkpoints = {newest}, .since = last};
    EXPECT_TRUE(verify(folder, part)->good());
    std::filesystem::remove(folder / checkpoint_file_name(last));
    EXPECT_THAT(all(*verify(folder, part)), HasSubstr("file: without its first checkpoint"));
}

TEST_F(VerifySealTest, AnEmptyFolderIsNotTheLogThatSomebodySigned) {
    open().reset();
    const VerifyOptions given{.checkpoints = {newest_note()}};
    std::filesystem::remove(folder / segment_name(0));
    EXPECT_THAT(all(*verify(folder)), HasSubstr("TRUNCATED"));
    std::filesystem::remove(folder / checkpoint_file_name(0));
    EXPECT_THAT(all(*verify(folder, given)), HasSubstr("TRUNCATED"));
}

/// Whoever got a retired key cannot make checkpoints that are to be kept elsewhere.
TEST_F(VerifySealTest, ACheckpointOfARetiredKeyIsRefusedAlsoFromElsewhere) {
    {
        const auto log = open();
        log->append(LinkUp{.link = "1"});
        const auto retired = *certs::Key::from_pem(*read_file(root / "audit.key"));
        const auto origin = log->identity().origin;
        ASSERT_TRUE(log->change_key("uid:0"));
        log->append(LinkUp{.link = "2"});
        ASSERT_TRUE(log->seal(not_recorded));
        tlog::Note note{.text = tlog::Note::parse(newest_note())->text, .signatures = {}};
        note.add(*tlog::Signer::create(origin, retired)->sign(note.text));
        VerifyOptions given{.checkpoints = {note.to_text()}};
        const auto keys = *LogKeys::read(folder).value();
        for (const auto& known : keys.known()) given.keys.push_back(known.key);
        EXPECT_THAT(all(*verify(folder, given)), HasSubstr("signature: the checkpoint of"));
        given.checkpoints = {newest_note()};
        EXPECT_TRUE(verify(folder, given)->good());
    }
}

/// A page that did not come to the disk is read as zeros.
TEST_F(VerifySealTest, ACheckpointWhosePagesWereLostInPartIsTorn) {
    {
        const auto log = open();
        log->append(LinkUp{.link = "1"});
    }
    const auto path = folder / checkpoint_file_name(0);
    const auto text = *read_file(path);
    const auto last = split_notes(text).notes.back();
    const auto at = static_cast<std::size_t>(last.data() - text.data());
    for (const std::size_t lost : {10, 60}) {
        auto torn = text;
        torn.replace(at + lost - 10, lost, lost, '\0');
        const auto spans = split_notes(torn);
        EXPECT_TRUE(spans.torn);
        EXPECT_FALSE(spans.damaged);
        EXPECT_EQ(spans.whole_bytes, at);
        ASSERT_TRUE(replace_file(path, torn, 0640));
        EXPECT_TRUE(verify(folder)->good());
    }
    EXPECT_TRUE(split_notes(std::string(1, '\0') + text.substr(1) + text).notes.size() > 2)
        << "only the last one may be torn";
    open().reset();
    EXPECT_FALSE(std::filesystem::exists(folder / "generation-0001"));
    EXPECT_TRUE(verify(folder)->good());
}

}  // namespace
}  // namespace sallyport::audit
