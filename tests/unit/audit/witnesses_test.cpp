// What a log offers to witnesses: judged here by a witness, not by looking at it.
#include "audit/checkpoint_file.hpp"
#include "audit/log_keys.hpp"
#include "audit/segment.hpp"
#include "audit_fixture.hpp"
#include "tlog/signer.hpp"
#include "tlog/witness.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

/// Countersigns what goes on from what it knows. Believes the first log it sees.
class TestWitness {
public:
    /// Its signature lines, or the code of the refusal.
    std::string judge(const Unwitnessed& offer) {
        auto note = *tlog::Note::parse(offer.note);
        if (known.origin.empty()) {
            known.origin = tlog::Checkpoint::parse(note.text)->origin;
            known.keys = {*tlog::VerifierKey::parse(offer.keys.back())};
        }
        const auto verdict = tlog::decide(known, {offer.old_size, offer.proof, std::move(note)});
        if (const auto* no = std::get_if<tlog::Refused>(&verdict))
            return std::string(tlog::to_text(no->reason));
        const auto& checkpoint = std::get<tlog::Accepted>(verdict).checkpoint;
        known.size = checkpoint.size;
        known.root = checkpoint.root;
        known.keys = {*tlog::VerifierKey::parse(offer.keys.back())};
        return signer.cosign(tlog::Note::parse(offer.note)->text, 1'800'000'000)->to_text();
    }
    tlog::WitnessedLog known{};
    tlog::Cosigner signer =
        *tlog::Cosigner::create("w", *certs::Key::generate(certs::KeyKind::ed25519));
};

class WitnessesTest : public AuditTest {
protected:
    /// More records, and a checkpoint.
    void grow(Log& log, int records = 1) {
        for (int i = 0; i < records; ++i) {
            log.append(begin("x" + std::to_string(exchange_)));
            log.append(answered("x" + std::to_string(exchange_++)));
        }
        EXPECT_TRUE(log.seal(not_recorded));
    }
    /// Offers until there is nothing left. How often it was countersigned.
    int catch_up(Log& log, const std::string& name, TestWitness& witness) {
        int times = 0;
        while (const auto offer = log.unwitnessed(name)) {
            const auto said = witness.judge(*offer);
            if (said == "stale") {
                EXPECT_TRUE(log.witness_knows(name, witness.known.size));
                continue;
            }
            const auto kept = log.cosigned(name, offer->size, said);
            EXPECT_TRUE(kept) << said << ": " << (kept ? "" : to_text(kept.error()));
            if (!kept) break;
            ++times;
        }
        return times;
    }
    int exchange_ = 0;
    TestWitness witness_;
};

TEST_F(WitnessesTest, EveryCheckpointGoesOnFromTheOneBefore) {
    const auto log = open();
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_FALSE(log->unwitnessed("w"));
    for (int i = 1; i < 20; ++i) {
        grow(*log, i % 7 + 1);
        ASSERT_EQ(catch_up(*log, "w", witness_), 1) << i;
    }
    EXPECT_EQ(witness_.known.size, log->sealed().size);
    EXPECT_TRUE(log->sealed().witnessed);
    EXPECT_EQ(log->witnessed_by("w"), log->sealed().size);
    grow(*log);
    EXPECT_FALSE(log->sealed().witnessed);
}

TEST_F(WitnessesTest, TheNewestCheckpointHasTheSignaturesOfAllWitnesses) {
    TestWitness other;
    other.signer = *tlog::Cosigner::create("v", *certs::Key::generate(certs::KeyKind::ed25519));
    const auto log = open();
    grow(*log);
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(catch_up(*log, "v", other), 1);
    const auto content = *read_file(folder / checkpoint_file_name(0));
    const auto newest = *tlog::Note::parse(split_notes(content).notes.back());
    const std::vector keys{witness_.signer.verifier(), other.signer.verifier()};
    EXPECT_THAT(*newest.verify(keys), testing::SizeIs(2));
    EXPECT_EQ(newest.signatures.size(), 3U);
}

TEST_F(WitnessesTest, WhatAWitnessSignedLastStandsInAFileOfItsOwn) {
    const auto log = open();
    const auto offer = log->unwitnessed("w");
    grow(*log);  // so that it is not the newest any more, and not worth a place among the others
    ASSERT_TRUE(log->cosigned("w", offer->size, witness_.judge(*offer)));
    const auto kept = *tlog::Note::parse(*read_file(folder / "w.countersigned"));
    EXPECT_TRUE(kept.verify(std::vector{witness_.signer.verifier()}));
    EXPECT_EQ(tlog::Checkpoint::parse(kept.text)->size, offer->size);
}

TEST_F(WitnessesTest, WhoWasAwayCatchesUpWithOneProof) {
    const auto log = open();
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    for (int i = 0; i < 30; ++i) grow(*log, 3);
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(witness_.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, WhatIsSealedWhileAnAnswerIsOnItsWayComesNext) {
    const auto log = open();
    const auto first = log->unwitnessed("w");
    grow(*log, 2);
    grow(*log, 5);
    ASSERT_TRUE(log->cosigned("w", first->size, witness_.judge(*first)));
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(witness_.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, AnAnswerThatWasLostIsAskedForAgain) {
    const auto log = open();
    const auto lost = log->unwitnessed("w");
    const auto lines = witness_.judge(*lost);
    EXPECT_THAT(lines, testing::HasSubstr("w "));
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(log->witnessed_by("w"), log->sealed().size);
    EXPECT_EQ(log->cosigned("w", lost->size, lines).error().code, Errc::conflict);
}

TEST_F(WitnessesTest, SeveralWitnessesHaveTheirOwnPace) {
    TestWitness other;
    const auto log = open();
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    grow(*log, 3);
    EXPECT_EQ(catch_up(*log, "v", other), 1);
    grow(*log, 3);
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_LT(other.known.size, witness_.known.size);
    EXPECT_EQ(log->witnessed_by("v"), other.known.size);
}

TEST_F(WitnessesTest, ARestartGoesOnFromWhatTheWitnessKnows) {
    {
        const auto log = open();
        grow(*log, 10);
        EXPECT_EQ(catch_up(*log, "w", witness_), 1);
        grow(*log, 4);
    }
    const auto log = open();
    EXPECT_EQ(log->broken(), "");
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(witness_.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, TheFilesOfSeveralSegmentsAreReadForWhoWasAwayLong) {
    auto small = settings();
    small.segment_bytes_max = 4096;
    {
        const auto log = open(small);
        grow(*log, 20);
        EXPECT_EQ(catch_up(*log, "w", witness_), 1);
        for (int i = 0; i < 10; ++i) grow(*log, 5);
    }
    const auto log = open(small);
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    EXPECT_EQ(witness_.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, AChangeOfTheKeyIsShownToWhoWasAwayAlsoAfterARestart) {
    TestWitness restarted;
    {
        const auto log = open();
        EXPECT_EQ(catch_up(*log, "w", witness_), 1);
        EXPECT_EQ(catch_up(*log, "v", restarted), 1);
        grow(*log, 3);
        ASSERT_TRUE(log->change_key("uid:0"));
        grow(*log, 3);
        ASSERT_TRUE(log->change_key("uid:0"));
        grow(*log, 3);
        EXPECT_EQ(catch_up(*log, "w", witness_), 3);
        EXPECT_EQ(witness_.known.size, log->sealed().size);
    }
    const auto log = open();
    EXPECT_EQ(catch_up(*log, "v", restarted), 3);
    EXPECT_EQ(restarted.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, WhoKnowsNothingAnyMoreIsOfferedEverything) {
    const auto log = open();
    EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    grow(*log, 3);
    TestWitness forgetful;
    EXPECT_EQ(catch_up(*log, "w", forgetful), 1);
    EXPECT_EQ(forgetful.known.size, log->sealed().size);
}

TEST_F(WitnessesTest, AWitnessThatKnowsMoreTellsOfARollback) {
    const auto log = open();
    const auto told = log->witness_knows("w", log->sealed().size + 1);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, Errc::untrusted);
}

TEST_F(WitnessesTest, WhatWasChangedInTheFilesIsOfferedToNobody) {
    {
        const auto log = open();
        grow(*log, 5);
        EXPECT_EQ(catch_up(*log, "w", witness_), 1);
    }
    const auto log = open();
    const auto file = folder / segment_name(0);
    auto text = *read_file(file);
    text[text.find("log.opened")] = 'L';
    ASSERT_TRUE(replace_file(file, text, 0640));
    EXPECT_EQ(witness_.judge(*log->unwitnessed("w")), "stale");
    EXPECT_EQ(log->witness_knows("w", witness_.known.size).error().code, Errc::untrusted);
}

TEST_F(WitnessesTest, TheSignatureStandsInTheFileAndAStartTakesIt) {
    std::uint64_t kept = 0;
    {
        const auto log = open();
        grow(*log);
        EXPECT_EQ(catch_up(*log, "w", witness_), 1);
        // What comes when there is a newer checkpoint is not written behind that one.
        kept = witness_.known.size;
        grow(*log);
        const auto late = log->unwitnessed("w");
        grow(*log);
        ASSERT_TRUE(log->cosigned("w", late->size, witness_.judge(*late)));
    }
    const auto text = *read_file(folder / checkpoint_file_name(0));
    std::vector<std::uint64_t> sizes;
    for (const auto bytes : split_notes(text).notes) {
        const auto note = tlog::Note::parse(bytes);
        ASSERT_TRUE(note);
        if (note->verify({&witness_.signer.verifier(), 1}))
            sizes.push_back(tlog::Checkpoint::parse(note->text)->size);
    }
    EXPECT_EQ(sizes, std::vector{kept});
    const auto log = open();
    EXPECT_EQ(log->broken(), "");
}

}  // namespace
}  // namespace sallyport::audit
