// What was kept elsewhere, a key or a witness's checkpoint, and wrong use: the scripts again.
#include "audit/checkpoint_file.hpp"
#include "audit/prove.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/signer.hpp"
#include "without_us.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class KeptTest : public WithoutUsTest {
protected:
    std::string newest_note() const {
        const auto text = *read_file(list_checkpoint_files(folder)->back().path);
        return std::string(split_notes(text).notes.back());
    }
    /// What a witness has countersigned, and its key, as its operator gives them.
    void keep(const std::string& checkpoint, const tlog::Cosigner& by) const {
        auto note = *tlog::Note::parse(checkpoint);
        note.add(*by.cosign(note.text, 1'700'000'000));
        ASSERT_TRUE(replace_file(root / "w.cp", note.to_text(), 0600));
        ASSERT_TRUE(replace_file(root / "witness.vkey", by.verifier().to_text() + "\n", 0600));
    }
    std::string compared() { return run_blocks({"--checkpoint"}); }
    std::string script(const std::string& arguments) {
        return run("python3 verify_audit.py " + arguments + " && echo rc=0 || echo rc=$?\n");
    }
    void change_key_after(int links) {
        const auto log = open();
        for (int i = 0; i < links; ++i) log->append(LinkUp{.link = "1"});
        ASSERT_TRUE(log->seal(not_recorded));
        ASSERT_TRUE(log->change_key("uid:0"));
        log->append(LinkUp{.link = "2"});
    }

    tlog::Cosigner witness = *tlog::Cosigner::create(
        "witness.example/1", *certs::Key::generate(certs::KeyKind::ed25519));
};

TEST_F(KeptTest, AKeyThatVouchedForTheOneThatSignsNowIsEnough) {
    change_key_after(1);
    change_key_after(1);
    const auto keys = *LogKeys::read(folder).value();
    ASSERT_EQ(keys.known().size(), 3U);
    const auto printed = script(". " + keys.known()[0].key.to_text());
    EXPECT_THAT(printed, HasSubstr("rc=0"));
    for (const std::size_t i : {1U, 2U})
        EXPECT_THAT(printed, HasSubstr("note: from the checkpoint of " +
                                       std::to_string(keys.known()[i].since) +
                                       " records on another key signs"));
    EXPECT_THAT(printed, HasSubstr("signed by " + keys.newest().to_text()));
    EXPECT_THAT(script(". \"$(head -n 1 vkeys)\""), HasSubstr("rc=0")) << "the line one keeps";
    EXPECT_THAT(script(". \"$(tail -n 1 vkeys)\""), HasSubstr("rc=0"))
        << "its checkpoint vouches for all that was before it";
}

TEST_F(KeptTest, AKeyThatNobodyVouchedForDoesNotCount) {
    change_key_after(1);
    const auto old_key = LogKeys::read(folder).value()->known()[0].key;
    const auto file = folder / checkpoint_file_name(0);
    const auto before = *read_file(file);
    auto text = before;
    // Takes the old key's signature off the checkpoint that both signed.
    for (const auto bytes : split_notes(before).notes) {
        auto note = *tlog::Note::parse(bytes);
        if (note.signatures.size() < 2) continue;
        std::erase_if(note.signatures, [&](const auto& line) {
            return tlog::Note{.text = note.text, .signatures = {line}}
                .verify(std::vector<tlog::VerifierKey>{old_key})
                .has_value();
        });
        const auto at = text.find(bytes);
        text.replace(at, bytes.size(), note.to_text());
    }
    ASSERT_TRUE(replace_file(file, text, 0640));
    const auto printed = script(". " + old_key.to_text());
    EXPECT_THAT(printed, HasSubstr("BAD: no known key"));
    EXPECT_THAT(printed, HasSubstr("rc=1"));
}

TEST_F(KeptTest, TheKeyOfAnotherLogIsNamedAsThat) {
    write_log();
    const auto other =
        tlog::Signer::create("other", *certs::Key::generate(certs::KeyKind::ed25519));
    const auto printed = script(". " + other->verifier().to_text());
    EXPECT_THAT(printed, HasSubstr("BAD: no key that is known is one of this log, sallyport/"));
    EXPECT_THAT(printed, Not(HasSubstr(" 0 records")));
    EXPECT_THAT(printed, HasSubstr("rc=1"));
}

TEST_F(KeptTest, WrongUseIsNoVerdict) {
    write_log();
    struct Use {
        const char* command;
        const char* said;
        const char* code;
    };
    const Use uses[] = {
        {"verify_audit.py", "usage: verify_audit.py", "rc=2"},
        {"verify_audit.py --help", "VKEY are keys that you know", "rc=0"},
        {"verify_audit.py . nonsense", "usage: verify_audit.py", "rc=2"},
        {"verify_audit.py nowhere", "nothing was checked: no audit log in nowhere", "rc=2"},
        {"verify_audit.py . --checkpoint nofile", "nothing was checked:", "rc=2"},
        {"check_proof.py", "usage: check_proof.py", "rc=2"},
        {"check_proof.py --help", "VKEY are keys that you know", "rc=0"},
        {"check_proof.py nofile", "nothing was checked:", "rc=2"},
        {"check_proof.py vkeys", "BAD: this is no proof of a record", "rc=1"},
    };
    for (const auto& use : uses) {
        const auto printed =
            run("python3 " + std::string(use.command) + " && echo rc=0 || echo rc=$?\n");
        EXPECT_THAT(printed, HasSubstr(use.said)) << use.command;
        EXPECT_THAT(printed, HasSubstr(use.code)) << use.command << ": " << printed;
    }
}

TEST_F(KeptTest, AProofWithoutAKeyFromElsewhereSaysSo) {
    write_log();
    const auto proof = prove(folder, 1, Disclosing::no);
    ASSERT_TRUE(replace_file(folder / "record.tlog-proof", proof->text, 0600));
    const auto told = HasSubstr("The key stands in the file itself");
    EXPECT_THAT(run(commands("check_proof.py")), told);
    const auto with_key = run("python3 check_proof.py record.tlog-proof \"$(tail -n 1 vkeys)\"\n");
    EXPECT_THAT(with_key, HasSubstr("good: record 1"));
    EXPECT_THAT(with_key, Not(told));
}

TEST_F(KeptTest, TheCheckpointOfAWitnessIsComparedAndItsSignatureVerified) {
    write_log();
    keep(newest_note(), witness);
    const auto printed = compared();
    EXPECT_THAT(printed, HasSubstr("good: records 0 to"));
    EXPECT_THAT(printed, HasSubstr(witness.verifier().to_text() + " at 2023-11-14T22:13:20Z"));
    EXPECT_THAT(run_blocks({"cosigned"}), HasSubstr("Signature Verified Successfully"));
    EXPECT_FALSE(fs::exists(root / "key.raw")) << "nothing is left above the copy";
    EXPECT_FALSE(fs::exists(root / "text"));
}

TEST_F(KeptTest, RecordsThatAWitnessHasSeenAreMissed) {
    write_log();
    keep(newest_note(), witness);
    const auto newest = list_segments(folder)->back();
    fs::remove(newest.path);
    fs::remove(folder / checkpoint_file_name(newest.first));
    EXPECT_THAT(verified(), HasSubstr("good: records 0 to")) << "alone it looks whole";
    EXPECT_THAT(compared(), HasSubstr("BAD: TRUNCATED"));
}

TEST_F(KeptTest, WhatIsNoCheckpointOfAWitnessOfThisLogIsRefused) {
    write_log();
    const auto other = *tlog::Cosigner::create("witness.example/1",
                                               *certs::Key::generate(certs::KeyKind::ed25519));
    keep(newest_note(), other);
    ASSERT_TRUE(replace_file(root / "witness.vkey", witness.verifier().to_text(), 0600));
    EXPECT_THAT(compared(), HasSubstr("BAD: KEPT: no known witness signed"));
    keep(newest_note(), witness);
    fs::remove_all(folder);
    write_log();
    EXPECT_THAT(compared(), HasSubstr("BAD: KEPT: ../w.cp is a checkpoint of sallyport/"));
}

/// Somebody who has the log's key: the same name, another history.
TEST_F(KeptTest, AnotherHistoryThanTheWitnessHasSeenIsAFork) {
    write_log();
    const auto signer =
        *tlog::Signer::create(LogKeys::read(folder).value()->origin(),
                              *certs::Key::from_pem(*read_file(root / "audit.key")));
    auto checkpoint = *read_checkpoint(newest_note());
    for (const auto* verdict : {"BAD: FORK: two trees", "BAD: CHANGED: the first"}) {
        checkpoint.root[0] ^= std::byte{1};
        tlog::Note note{.text = checkpoint.to_text(), .signatures = {}};
        note.add(*signer.sign(note.text));
        keep(note.to_text(), witness);
        EXPECT_THAT(compared(), HasSubstr(verdict));
        checkpoint.size -= 2;  // of which the log has no checkpoint
    }
}

}  // namespace
}  // namespace sallyport::audit
