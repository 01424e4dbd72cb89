// Checkpoints that were kept elsewhere, beyond the table of attacks.
#include "audit/checkpoint_file.hpp"
#include "audit/log_keys.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class ForeignCheckpointTest : public AuditTest {
protected:
    static std::string all(const Report& report) {
        std::string text;
        for (const auto& problem : report.problems)
            text += std::string(problem.verdict) + ": " + problem.text + "\n";
        return text;
    }
    /// A record in a segment of its own, with its checkpoint: what a witness may know.
    std::string day(Log& log) {
        clock.pass(std::chrono::hours(24));
        log.append(LinkUp{.link = "1"});
        EXPECT_TRUE(log.seal(not_recorded));
        const auto text = *read_file(list_checkpoint_files(folder)->back().path);
        return std::string(split_notes(text).notes.back());
    }
    std::string cosigned(const std::string& text) const {
        return cosigned(*tlog::Note::parse(text));
    }
    std::string cosigned(tlog::Note note) const {
        note.add(*witness.cosign(note.text, 1'700'000'000));
        return note.to_text();
    }
    tlog::Cosigner witness =
        *tlog::Cosigner::create("witness.example", *certs::Key::generate(certs::KeyKind::ed25519));
};

/// Whoever writes all files can say "pruned" of what he does not want to be compared.
TEST_F(ForeignCheckpointTest, OneOfRecordsThatAreGoneIsAProblemUnlessAWitnessSignedWhatFollows) {
    const auto log = open();
    const auto older = day(*log);
    day(*log);
    const auto since = list_segments(folder)->back().first;
    const auto newer = day(*log);
    VerifyOptions given{.checkpoints = {cosigned(older)}, .witnesses = {witness.verifier()}};
    EXPECT_TRUE(verify(folder, given)->good());
    given.since = since;
    auto report = *verify(folder, given);
    EXPECT_TRUE(report.good()) << all(report);
    EXPECT_THAT(report.notes, Contains(HasSubstr("--since-seq leaves out those records")));

    ASSERT_TRUE(log->retain({.keep_days = 0, .dry_run = false}, "uid:0"));
    EXPECT_TRUE(verify(folder)->good());
    for (const auto& left_out : {std::optional<Sequence>(), std::optional(since)}) {
        given.since = left_out;
        report = *verify(folder, given);
        EXPECT_THAT(all(report), HasSubstr("uncompared: the checkpoint of"));
        EXPECT_THAT(all(report), HasSubstr("those records are not there any more"));
        EXPECT_THAT(what_is_proved(report), HasSubstr("which does not fit this log"));
    }
    given.since.reset();
    given.checkpoints.push_back(cosigned(newer));
    report = *verify(folder, given);
    EXPECT_TRUE(report.good()) << all(report);
    EXPECT_THAT(report.notes, Contains(HasSubstr("a witness has signed what followed them")));
    // The log's own signature does not say that it looked at what lies between.
    given = {.checkpoints = {older, newer}};
    EXPECT_THAT(all(*verify(folder, given)), HasSubstr("uncompared: the checkpoint of"));
}

/// A witness of the log may have been shown a log of that name by somebody else.
TEST_F(ForeignCheckpointTest, TheSignatureOfAWitnessDoesNotStandForThatOfTheLog) {
    const auto log = open();
    auto note = *tlog::Note::parse(day(*log));
    const auto theirs = *tlog::Signer::create(log->identity().origin,
                                              *certs::Key::generate(certs::KeyKind::ed25519));
    VerifyOptions given{.checkpoints = {cosigned(note)}, .witnesses = {witness.verifier()}};
    EXPECT_TRUE(verify(folder, given)->good());
    note.signatures.clear();
    given.checkpoints = {cosigned(note)};
    EXPECT_THAT(all(*verify(folder, given)), HasSubstr("signature: the checkpoint of"));
    note.add(*theirs.sign(note.text));
    given.checkpoints = {cosigned(note)};
    EXPECT_THAT(all(*verify(folder, given)), HasSubstr("no good signature of a key of the log"));
}

}  // namespace
}  // namespace sallyport::audit
