// What is left of the checkpoints of a segment that is finished.
#include "audit/thin_checkpoints.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/prove.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::ElementsAre;

class ThinCheckpointsTest : public AuditTest {
protected:
    static bool always() { return true; }

    std::filesystem::path file() const { return folder / checkpoint_file_name(0); }
    LogKeys keys() const { return **LogKeys::read(folder); }
    std::vector<std::uint64_t> sizes() const { return sizes_in(*read_file(file())); }
    static std::vector<std::uint64_t> sizes_in(std::string_view content) {
        std::vector<std::uint64_t> all;
        for (const auto note : split_notes(content).notes)
            all.push_back(read_checkpoint(note)->size);
        return all;
    }
    static void seal(Log& log) {
        log.append(LinkUp{.link = "1.1"});
        ASSERT_TRUE(log.seal(not_recorded));
    }
    /// A day later the segment is finished, and what comes then is sealed.
    void finish_segment(Log& log) {
        clock.pass(std::chrono::hours(24));
        seal(log);
    }
    static tlog::Cosigner make_witness() {
        return *tlog::Cosigner::create("w", *certs::Key::generate(certs::KeyKind::ed25519));
    }
    static void countersign(Log& log, const tlog::Cosigner& witness) {
        const auto offer = log.unwitnessed("w");
        ASSERT_TRUE(offer);
        const auto note = tlog::Note::parse(offer->note);
        ASSERT_TRUE(note);
        const auto signature = witness.cosign(note->text, 1'800'000'000);
        ASSERT_TRUE(signature);
        ASSERT_TRUE(log.cosigned("w", offer->size, signature->to_text()));
    }
    void expect_good() const {
        const auto report = verify(folder);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->good()) << report->problems.front().text;
    }
};

TEST_F(ThinCheckpointsTest, TheFirstAndTheLastAreLeftOfAFinishedSegment) {
    const auto log = open();
    for (int i = 0; i < 5; ++i) seal(*log);
    log->look_after();
    EXPECT_EQ(sizes(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6})) << "it is still written";
    finish_segment(*log);
    log->look_after();
    EXPECT_THAT(sizes(), ElementsAre(0, 7));
    expect_good();
    for (Sequence record = 0; record < 7; ++record)
        EXPECT_TRUE(prove(folder, record, Disclosing::no)) << record;
    const auto before = *read_file(file());
    log->look_after();
    EXPECT_EQ(*read_file(file()), before);
}

TEST_F(ThinCheckpointsTest, TheNewestOfAWitnessAndAChangeOfTheKeyStay) {
    const auto witness = make_witness();
    {
        const auto log = open();
        seal(*log);
        countersign(*log, witness);
        seal(*log);
        seal(*log);
        countersign(*log, witness);
        ASSERT_TRUE(log->change_key("test"));  // a checkpoint of 5 that both keys sign
        seal(*log);
        seal(*log);
        ASSERT_THAT(sizes(), ElementsAre(0, 1, 2, 2, 3, 4, 4, 5, 6, 7));
        finish_segment(*log);
        log->look_after();
        EXPECT_THAT(sizes(), ElementsAre(0, 4, 4, 5, 8))
            << "first, newest of the old key, of the witness, of both keys, of the new one";
        expect_good();
    }
    VerifyOptions options{.witnesses = {witness.verifier()}};
    const auto report = verify(folder, options);
    ASSERT_TRUE(report && report->good());
    EXPECT_EQ(report->seal.witnessed, 4U);
    const auto log = open();
    EXPECT_EQ(log->broken(), "");
    EXPECT_TRUE(log->witness_knows("w", 2)) << "the way on leads over the change of the key";
    EXPECT_EQ(log->unwitnessed("w")->size, 5U);
}

TEST_F(ThinCheckpointsTest, WhatTheLogDidNotMakeIsEvidenceAndStays) {
    {
        const auto log = open();
        for (int i = 0; i < 4; ++i) seal(*log);
    }
    const auto content = *read_file(file());
    const auto known = keys();
    EXPECT_TRUE(thin_checkpoints(content, known, always));
    auto altered = content;
    altered[altered.find("\n2\n") + 1] = '3';
    EXPECT_FALSE(thin_checkpoints(altered, known, always));
    const auto notes = split_notes(content).notes;
    const auto repeated = content + std::string(notes[2]);
    EXPECT_FALSE(thin_checkpoints(repeated, known, always)) << "an old one behind newer ones";
    EXPECT_FALSE(thin_checkpoints(content.substr(0, content.size() - 3), known, always));
    EXPECT_FALSE(thin_checkpoints(content + "x", known, always));
    EXPECT_FALSE(thin_checkpoints({}, known, always));
    EXPECT_FALSE(thin_checkpoints(content, known, [] { return false; }));
    EXPECT_EQ(thin_checkpoint_file(file(), known, [] { return false; }).error().code,
              Errc::aborted);
    EXPECT_EQ(*read_file(file()), content);
    EXPECT_TRUE(thin_checkpoint_file(folder / "none.cp", known, always));
}

}  // namespace
}  // namespace sallyport::audit
