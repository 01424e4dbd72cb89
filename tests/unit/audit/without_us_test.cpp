// What docs/AUDIT.md tells an auditor to run who does not trust this program: exactly that is run.
#include "without_us.hpp"

#include "audit/log_keys.hpp"
#include "audit/prove.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/record_proof.hpp"
#include "tlog/signer.hpp"

namespace sallyport::audit {
namespace {

TEST_F(WithoutUsTest, TheNewestCheckpointIsVerifiedWithOpenssl) {
    write_log();
    const auto printed = run_blocks({"key.raw", "lines = lines"});
    EXPECT_NE(printed.find("Signature Verified Successfully"), printed.npos) << printed;
}

TEST_F(WithoutUsTest, TheNewestCheckpointOfAnEcdsaKeyIsVerifiedWithOpenssl) {
    write_log(certs::KeyKind::p256);
    auto check = commands("lines = lines");
    const auto other = commands("dgst -sha256");
    check.replace(check.find("openssl pkeyutl"), std::string::npos, other);
    const auto printed = run(commands("mktemp") + commands("SubjectPublicKeyInfo") + check);
    EXPECT_NE(printed.find("Verified OK"), printed.npos) << printed;
}

TEST_F(WithoutUsTest, TheChainOfACompressedSegmentIsSeenWithSha256sum) {
    write_log();
    EXPECT_EQ(run("gzip 00000000000000000000.jsonl"), "");
    const auto printed = run(commands("sha256sum"));
    const auto half = printed.size() / 2;
    EXPECT_EQ(printed.size(), 130U) << printed;
    EXPECT_EQ(printed.substr(0, half), printed.substr(half));
}

TEST_F(WithoutUsTest, TheWholeLogIsVerifiedWithTheScript) {
    write_log();
    const auto all = records();
    const auto printed = verified();
    EXPECT_NE(printed.find("good: records 0 to " + std::to_string(all.back().sequence)),
              printed.npos)
        << printed;
    EXPECT_NE(printed.find(LogKeys::read(folder).value()->newest().to_text()), printed.npos)
        << "an auditor compares all of the key: " << printed;
}

TEST_F(WithoutUsTest, TheScriptTakesOnlyKeysThatItWasGiven) {
    write_log();
    const auto key = LogKeys::read(folder).value()->newest().to_text();
    EXPECT_NE(run("python3 verify_audit.py . " + key).find("good: "), std::string::npos);
    const auto other =
        tlog::Signer::create("other", certs::Key::generate(certs::KeyKind::ed25519).value());
    EXPECT_NE(run("python3 verify_audit.py . " + other->verifier().to_text()).find("BAD: "),
              std::string::npos);
}

TEST_F(WithoutUsTest, TheScriptTakesNoNewCheckpointOfARetiredKey) {
    open()->append(LinkUp{.link = "1"});
    const auto retired = *certs::Key::from_pem(*read_file(root / "audit.key"));
    ASSERT_TRUE(open()->change_key("uid:0"));
    const auto keys = *LogKeys::read(folder).value();
    const auto vkeys = ' ' + keys.known()[0].key.to_text() + ' ' + keys.newest().to_text();
    EXPECT_NE(run("python3 verify_audit.py ." + vkeys).find("good: "), std::string::npos);
    const auto file = folder / "00000000000000000000.cp";
    auto text = *read_file(file);
    auto rest = std::string_view(text);
    auto newest = *tlog::take_note(rest);
    while (const auto note = tlog::take_note(rest)) newest = *note;
    tlog::Note note{.text = tlog::Note::parse(newest)->text, .signatures = {}};
    note.add(*tlog::Signer::create(keys.origin(), retired)->sign(note.text));
    text.replace(text.size() - newest.size(), newest.size(), note.to_text());
    ASSERT_TRUE(replace_file(file, text, 0640));
    const auto printed = run("python3 verify_audit.py ." + vkeys);
    EXPECT_NE(printed.find("BAD: no known key"), printed.npos) << printed;
}

TEST_F(WithoutUsTest, ALogWithoutItsOldestSegmentsIsVerifiedFromTheCutOnIfItSaysThatTheyWent) {
    {
        auto with = settings();
        with.segment_bytes_max = 3000;
        const auto log = open(with);
        for (int i = 0; i < 24; ++i) log->append(begin(std::to_string(i)));
        ASSERT_TRUE(log->seal(not_recorded));
        ASSERT_TRUE(log->retain({.keep_days = 0, .dry_run = false}, "uid:0"));
    }
    const auto first = list_segments(folder).value().at(0).first;
    ASSERT_GT(first, 0U);
    auto printed = verified();
    EXPECT_NE(printed.find("good: records " + std::to_string(first)), printed.npos) << printed;

    std::filesystem::remove_all(folder);
    write_log();
    std::filesystem::remove(segment(0));
    std::filesystem::remove(folder / "00000000000000000000.cp");
    printed = verified();
    EXPECT_NE(printed.find("BAD: MISSING: records before"), printed.npos) << printed;
}

/// Else it could print what it likes in the place of what was found.
TEST_F(WithoutUsTest, NothingThatIsCheckedReachesTheTerminalAsItIs) {
    write_log();
    const auto checkpoints = folder / "00000000000000000000.cp";
    auto text = *read_file(checkpoints);
    const auto origin = LogKeys::read(folder).value()->origin();
    text.replace(text.find('\n' + origin + '\n') + 1, origin.size(),
                 "sallyport/\x1b[2J\xc2\x9b"
                 "A\xe2\x80\xae");
    ASSERT_TRUE(replace_file(checkpoints, text, 0640));
    const auto printed = verified();
    EXPECT_NE(printed.find("sallyport/\\x1b[2J\\x9bA\\u202e"), printed.npos) << printed;
    for (const auto* raw : {"\x1b", "\xc2\x9b", "\xe2\x80\xae"})
        EXPECT_EQ(printed.find(raw), printed.npos) << printed;

    auto with = begin("1");
    with.user = "jane\x1b[2J";
    std::filesystem::remove_all(folder);
    open()->append(with);
    const auto proof = prove(folder, 1, Disclosing::yes);
    ASSERT_TRUE(proof) << to_text(proof.error());
    ASSERT_TRUE(replace_file(folder / "record.tlog-proof", proof->text, 0600));
    const auto checked = run(commands("check_proof.py"));
    EXPECT_NE(checked.find("user: jane\\x1b[2J"), checked.npos) << checked;
    EXPECT_EQ(checked.find('\x1b'), checked.npos) << checked;
}

TEST_F(WithoutUsTest, ACompressedSegmentIsVerified) {
    write_log();
    EXPECT_EQ(run("gzip 00000000000000000000.jsonl"), "");
    EXPECT_NE(verified().find("good: records 0 to"), std::string::npos);
}

TEST_F(WithoutUsTest, AnEditedRecordIsSeenAlsoWhenTheChainWasWrittenAnew) {
    write_log();
    const auto rewrite =
        "import hashlib, json, pathlib\n"
        "last = None\n"
        "for file in sorted(pathlib.Path('.').glob('*.jsonl')):\n"
        "    lines = file.read_bytes().splitlines(keepends=True)\n"
        "    for i, line in enumerate(lines):\n"
        "        prev = json.loads(line)['prev'].encode()\n"
        "        line = line.replace(prev, last or prev).replace(b'GET', b'PUT')\n"
        "        lines[i], last = line, hashlib.sha256(b'\\0' + line).hexdigest().encode()\n"
        "    file.write_bytes(b''.join(lines))\n";
    ASSERT_TRUE(replace_file(root / "rewrite.py", rewrite, 0600));
    EXPECT_EQ(run("python3 ../rewrite.py"), "");
    const auto printed = verified();
    EXPECT_NE(printed.find("BAD: CHANGED"), printed.npos) << printed;
}

TEST_F(WithoutUsTest, WhatAnAttackerWithoutTheKeyDoesIsSeen) {
    struct Attack {
        const char* commands;
        const char* verdict;
    };
    const Attack attacks[] = {
        {"sed -i 's/GET/PUT/' 00000000000000000000.jsonl", "does not follow"},
        {"sed -i 3d 00000000000000000000.jsonl", "not record 2"},
        {"sed -i '2{h;d};3G' 00000000000000000000.jsonl", "not record 1"},
        {"sed -i '$d' \"$(ls *.jsonl | tail -n 1)\"", "TRUNCATED"},
        {"rm \"$(ls *.jsonl | sed -n 2p)\"", "MISSING"},
        {"rm \"$(ls *.jsonl | tail -n 1)\"", "TRUNCATED"},
        {"rm \"$(ls *.cp | sed -n 2p)\"", "MISSING"},
        {": > \"$(ls *.cp | sed -n 2p)\"", "MISSING"},
        {"rm *.cp", "not signed"},
        {"sed -i '2s/^0$/1/' 00000000000000000000.cp", "wrong signature"},
        {"rm vkeys", "vkeys"},
    };
    write_log();
    const auto good = snapshot();
    for (const auto& attack : attacks) {
        std::filesystem::remove_all(folder);
        std::filesystem::copy(good, folder);
        EXPECT_EQ(run(attack.commands), "");
        const auto printed = verified();
        EXPECT_NE(printed.find("BAD: "), printed.npos) << attack.commands << ": " << printed;
        EXPECT_NE(printed.find(attack.verdict), printed.npos) << attack.commands << printed;
    }
}

TEST_F(WithoutUsTest, AProofIsCheckedWithTheScript) {
    write_log();
    const auto proof = prove(folder, 1, Disclosing::yes);
    ASSERT_TRUE(proof) << to_text(proof.error());
    ASSERT_TRUE(replace_file(folder / "record.tlog-proof", proof->text, 0600));
    const auto printed = run(commands("check_proof.py"));
    EXPECT_NE(printed.find("good: record 1 of "), printed.npos) << printed;
    EXPECT_NE(printed.find(LogKeys::read(folder).value()->newest().to_text()), printed.npos);
    EXPECT_NE(printed.find("user: jane@corp.example"), printed.npos) << printed;
}

TEST_F(WithoutUsTest, AForgedProofIsRefusedByTheScript) {
    write_log();
    const auto proof = prove(folder, 1, Disclosing::yes).value();
    const auto forge = [&](std::string_view from, std::string_view to) {
        auto text = tlog::RecordProof::parse(proof.text).value();
        text.extra.replace(text.extra.find(from), from.size(), to);
        EXPECT_TRUE(replace_file(folder / "record.tlog-proof", text.to_text(), 0600));
        return run(commands("check_proof.py"));
    };
    EXPECT_NE(forge("jane", "joan").find("BAD: user was not"), std::string::npos);
    EXPECT_NE(forge("GET", "PUT").find("BAD: the record does not stand"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::audit
