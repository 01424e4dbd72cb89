#include "tlog/witness.hpp"

#include "base/error.hpp"
#include "keys.hpp"
#include "naive_tree.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

/// A log of twenty records, of which the witness has cosigned some.
class Witness : public ::testing::Test {
protected:
    Note checkpoint(std::size_t size) const { return checkpoint(size, leaves_); }
    Note checkpoint(std::size_t size, const std::vector<Hash>& leaves) const {
        const auto root = naive::root(std::span(leaves).first(size));
        return test::signed_by(key_, Checkpoint{"log", size, root, {}}.to_text());
    }

    AddCheckpoint offer(std::size_t old_size, std::size_t size) const {
        const auto all = std::span(leaves_);
        return {old_size,
                consistency_proof(naive::range(0, all.first(old_size)),
                                  naive::range(old_size, all.subspan(old_size, size - old_size))),
                checkpoint(size)};
    }

    WitnessedLog knows(std::size_t size) const {
        return {"log", {key_.verifier()}, size, naive::root(std::span(leaves_).first(size))};
    }

    static void accepts(const WitnessedLog& known, const AddCheckpoint& offer) {
        const auto decision = decide(known, offer);
        const auto* refused = std::get_if<Refused>(&decision);
        ASSERT_EQ(refused, nullptr) << refused->detail;
        EXPECT_EQ(std::get<Accepted>(decision).checkpoint.to_text(), offer.note.text);
    }

    static void refuses(const WitnessedLog& known, const AddCheckpoint& offer, Refusal reason,
                        unsigned status) {
        const auto decision = decide(known, offer);
        const auto* refused = std::get_if<Refused>(&decision);
        ASSERT_NE(refused, nullptr);
        EXPECT_EQ(to_text(refused->reason), to_text(reason)) << refused->detail;
        EXPECT_EQ(refused->status, status);
        EXPECT_EQ(refused->known_size, known.size);
        EXPECT_FALSE(refused->detail.empty());
    }

    std::vector<Hash> leaves_ = naive::leaves(20);
    Signer key_ = test::signer("log");
};

TEST_F(Witness, AcceptsTheFirstCheckpointWithoutAProof) {
    accepts(knows(0), offer(0, 0));
    accepts(knows(0), offer(0, 13));
}

TEST_F(Witness, AcceptsTheSameCheckpointAgain) { accepts(knows(13), offer(13, 13)); }

TEST_F(Witness, AcceptsWhatGoesOnFromWhatItKnows) {
    for (std::size_t old_size = 1; old_size < 20; ++old_size)
        accepts(knows(old_size), offer(old_size, 20));
}

TEST_F(Witness, RefusesABadProof) {
    auto forged = offer(7, 20);
    forged.proof[1][5] ^= std::byte{4};
    refuses(knows(7), forged, Refusal::bad_proof, 422);
    auto missing = offer(7, 20);
    missing.proof.clear();
    refuses(knows(7), missing, Refusal::bad_proof, 422);
    auto needless = offer(0, 20);
    needless.proof.emplace_back();
    refuses(knows(0), needless, Refusal::bad_proof, 422);
    auto large = offer(7, 20);
    large.proof.resize(proof_hashes_max + 1);
    refuses(knows(7), large, Refusal::bad_proof, 422);
}

TEST_F(Witness, RefusesAnotherHistory) {
    auto other = leaves_;
    other[3][0] ^= std::byte{1};
    auto longer = offer(7, 20);
    longer.note = checkpoint(20, other);
    refuses(knows(7), longer, Refusal::bad_proof, 422);
    auto same = offer(7, 7);
    same.note = checkpoint(7, other);
    refuses(knows(7), same, Refusal::fork, 409);
}

TEST_F(Witness, SeesAForkWhateverTheOfferGoesOnFrom) {
    auto other = leaves_;
    other[3][0] ^= std::byte{1};
    auto forked = offer(5, 7);
    forked.note = checkpoint(7, other);
    refuses(knows(7), forked, Refusal::fork, 409);
}

TEST_F(Witness, SeesARollback) {
    refuses(knows(13), offer(5, 7), Refusal::rollback, 409);
    refuses(knows(13), offer(0, 0), Refusal::rollback, 409);
}

TEST_F(Witness, SeesARollbackInAnOfferThatContradictsItself) {
    auto backwards = offer(0, 7);
    backwards.old_size = 13;
    refuses(knows(13), backwards, Refusal::rollback, 400);
}

TEST_F(Witness, TellsAStaleLogTheSizeItKnows) {
    refuses(knows(13), offer(0, 20), Refusal::stale, 409);
    refuses(knows(13), offer(7, 20), Refusal::stale, 409);
    refuses(knows(0), offer(7, 20), Refusal::stale, 409);
    refuses(knows(13), offer(7, 13), Refusal::stale, 409);
    EXPECT_EQ(size_answer(13), "13\n");
    EXPECT_EQ(parse_size_answer("13\n").value(), 13U);
    for (const auto* wrong : {"", "13", "13\n\n", "013\n", " 13\n", "13\r\n", "x\n"})
        EXPECT_FALSE(parse_size_answer(wrong)) << wrong;
}

TEST_F(Witness, RefusesAnOldSizeAboveTheNewOne) {
    auto backwards = offer(0, 15);
    backwards.old_size = 17;
    refuses(knows(13), backwards, Refusal::malformed, 400);
}

TEST_F(Witness, RefusesUnknownKeys) {
    auto known = knows(7);
    known.keys = {test::signer("log").verifier()};
    refuses(known, offer(7, 20), Refusal::unknown_key, 403);
    known.keys.clear();
    refuses(known, offer(7, 20), Refusal::unknown_key, 403);
}

TEST_F(Witness, RefusesAWrongSignatureOfAKnownKey) {
    auto forged = offer(7, 20);
    forged.note.signatures[0].signature[9] ^= 1;
    refuses(knows(7), forged, Refusal::unknown_key, 403);
}

TEST_F(Witness, AcceptsEachKeyOfTheLog) {
    auto known = knows(7);
    known.keys.insert(known.keys.begin(), test::signer("log").verifier());
    accepts(known, offer(7, 20));
}

TEST_F(Witness, RefusesAnotherLog) {
    auto known = knows(7);
    known.origin = "another";
    refuses(known, offer(7, 20), Refusal::unknown_log, 404);
}

TEST_F(Witness, RefusesWhatIsNoCheckpoint) {
    auto text = offer(7, 20);
    text.note = test::signed_by(key_, "a text\n");
    refuses(knows(7), text, Refusal::malformed, 400);
}

TEST_F(Witness, ReadsTheRequestThatItWrites) {
    for (const auto& request : {offer(0, 0), offer(7, 20), offer(13, 13)}) {
        const auto read = AddCheckpoint::parse(request.to_text()).value();
        EXPECT_EQ(read.old_size, request.old_size);
        EXPECT_EQ(read.proof, request.proof);
        EXPECT_EQ(read.note, request.note);
        EXPECT_EQ(read.to_text(), request.to_text());
    }
}

// The example of C2SP tlog-witness.
TEST_F(Witness, ReadsARequestOfAnotherProgram) {
    const auto request = AddCheckpoint::parse(
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
        "\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        "\n"
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcy"
        "v2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n");
    ASSERT_TRUE(request) << to_text(request.error());
    EXPECT_EQ(request->old_size, 20852014U);
    EXPECT_EQ(request->proof.size(), 4U);
}

TEST_F(Witness, RefusesOtherSpellingsOfARequest) {
    const auto good = offer(7, 20).to_text();
    const auto with = [&](std::string_view from, std::string_view to) {
        auto changed = good;
        return changed.replace(changed.find(from), from.size(), to);
    };
    for (const auto& text : {std::string(), with("old", "new"), with("old 7", "old 07"),
                             with("old ", "old"), with("old ", "old  "), with("7\n", "7\r\n"),
                             with("=\n", "=\r\n"), with("=\n", "\n"), with("\n\n", "\n")})
        EXPECT_FALSE(AddCheckpoint::parse(text)) << text;
    auto large = offer(7, 20);
    large.proof.resize(proof_hashes_max + 1);
    EXPECT_EQ(AddCheckpoint::parse(large.to_text()).error().code, Errc::limit);
}

TEST_F(Witness, AnswersWithSignatureLines) {
    const auto witness = test::cosigner("witness");
    const auto request = offer(7, 20);
    const auto line = witness.cosign(request.note.text, 99).value();
    const auto lines = parse_signatures(line.to_text()).value();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(verify(witness.verifier(), request.note.text, lines[0]));
    for (const auto* wrong : {"", "\n", "— a\n", "— a AAAAAAA=", "— a AAAAAAA=\n\n"})
        EXPECT_FALSE(parse_signatures(wrong)) << wrong;
}

}  // namespace
}  // namespace sallyport::tlog
