#include "audit/prove.hpp"

#include "audit/log_keys.hpp"
#include "audit_fixture.hpp"
#include "tlog/record_proof.hpp"
#include "tlog/signer.hpp"

namespace sallyport::audit {
namespace {

class ProveTest : public AuditTest {
protected:
    /// Exchanges in several segments, with checkpoints in between.
    void write_log(int exchanges = 12) {
        auto with = settings();
        with.segment_bytes_max = 3000;
        const auto log = open(with);
        for (int i = 0; i < exchanges; ++i) {
            log->append(begin("id" + std::to_string(i)));
            const auto last = log->append(answered("id" + std::to_string(i)));
            ASSERT_TRUE(log->write());
            ASSERT_TRUE(i % 3 != 0 || log->seal(last + 1));
        }
    }
    Result<Proof> prove(Sequence sequence, Disclosing disclosing = Disclosing::no) const {
        return audit::prove(folder, sequence, disclosing);
    }
    std::vector<tlog::VerifierKey> keys() const {
        return {LogKeys::read(folder).value()->newest()};
    }
};

TEST_F(ProveTest, EveryRecordIsProved) {
    write_log();
    const auto all = records();
    ASSERT_GT(all.size(), 24U);
    for (const auto& record : all) {
        const auto proof = prove(record.sequence);
        ASSERT_TRUE(proof) << record.sequence << ": " << to_text(proof.error());
        const auto proven = check_proof(proof->text, keys());
        ASSERT_TRUE(proven) << to_text(proven.error());
        EXPECT_EQ(proven->sequence, record.sequence);
        EXPECT_EQ(proven->origin, proof->origin);
        EXPECT_EQ(proven->size, proof->size);
        EXPECT_EQ(parse_record(proven->line)->prev, record.prev);
        EXPECT_FALSE(proven->key_from_file);
        EXPECT_LT(proof->text.size(), 5000U);
    }
}

TEST_F(ProveTest, TheKeyInTheFileIsTakenWithoutAnother) {
    write_log(1);
    const auto proven = check_proof(prove(1)->text, {});
    ASSERT_TRUE(proven);
    EXPECT_TRUE(proven->key_from_file);
    EXPECT_EQ(proven->signers, std::vector{keys().front().to_text()});
}

TEST_F(ProveTest, AnotherKeyDoesNotTakeIt) {
    write_log(1);
    const auto other = tlog::Signer::create(keys().front().name(),
                                            certs::Key::generate(certs::KeyKind::ed25519).value());
    const std::vector wrong{other->verifier()};
    EXPECT_EQ(check_proof(prove(1)->text, wrong).error().code, Errc::untrusted);
}

TEST_F(ProveTest, PersonalDataGoesAlongOnlyIfAskedFor) {
    write_log(1);
    const auto closed = prove(1)->text;
    EXPECT_TRUE(check_proof(closed, keys())->disclosed.empty());
    EXPECT_EQ(tlog::RecordProof::parse(closed)->extra.find("jane"), std::string::npos);
    const auto proven = check_proof(prove(1, Disclosing::yes)->text, keys());
    ASSERT_TRUE(proven) << to_text(proven.error());
    ASSERT_EQ(proven->disclosed.size(), 1U);
    EXPECT_EQ(proven->disclosed[0].field, "user");
    EXPECT_EQ(proven->disclosed[0].value, "jane@corp.example");
}

TEST_F(ProveTest, AnotherNameThanTheRecordedOneIsNotProved) {
    write_log(1);
    auto proof = tlog::RecordProof::parse(prove(1, Disclosing::yes)->text).value();
    const auto at = proof.extra.find("jane");
    ASSERT_NE(at, std::string::npos);
    proof.extra.replace(at, 4, "joan");
    EXPECT_EQ(check_proof(proof.to_text(), keys()).error().code, Errc::untrusted);
}

TEST_F(ProveTest, AnotherRecordIsNotProved) {
    write_log(1);
    auto proof = tlog::RecordProof::parse(prove(1)->text).value();
    proof.extra[proof.extra.find("GET")] = 'P';
    EXPECT_EQ(check_proof(proof.to_text(), keys()).error().code, Errc::untrusted);
}

TEST_F(ProveTest, ARecordThatIsNotThereIsNotFound) {
    write_log(1);
    EXPECT_EQ(prove(1000).error().code, Errc::not_found);
    std::filesystem::remove(folder / "vkeys");
    EXPECT_EQ(prove(1).error().code, Errc::not_found);
    EXPECT_EQ(audit::prove(root, 1, Disclosing::no).error().code, Errc::not_found);
}

TEST_F(ProveTest, AChangedRecordIsNotProved) {
    write_log();
    auto text = content();
    text[text.find("GET")] = 'P';
    set_content(text);
    EXPECT_EQ(prove(1).error().code, Errc::untrusted);
}

TEST_F(ProveTest, ACheckpointThatAWitnessSignedIsPreferred) {
    write_log(1);
    const auto cp = folder / "00000000000000000000.cp";
    auto notes = *read_file(cp);
    const auto last = notes.rfind("sallyport/", notes.rfind("\n\n"));
    auto note = tlog::Note::parse(std::string_view(notes).substr(last)).value();
    const auto witness =
        tlog::Cosigner::create("witness", certs::Key::generate(certs::KeyKind::ed25519).value());
    note.add(witness->cosign(note.text, 1'700'000'000).value());
    ASSERT_TRUE(replace_file(cp, notes + note.to_text(), 0640));
    const auto proof = prove(0);
    ASSERT_TRUE(proof) << to_text(proof.error());
    const std::vector known{keys().front(), witness->verifier()};
    EXPECT_EQ(check_proof(proof->text, known)->signers.size(), 2U);
}

}  // namespace
}  // namespace sallyport::audit
