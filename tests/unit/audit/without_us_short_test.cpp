// check_log.py, the script that an auditor reads in five minutes: what it finds, and what it
// shares.
#include "audit/checkpoint_file.hpp"
#include "audit/log_keys.hpp"
#include "tlog/note.hpp"
#include "tlog/signer.hpp"
#include "without_us.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckLogTest : public WithoutUsTest {
protected:
    /// What an auditor does once, while he trusts the log.
    void keep_key() const {
        const auto keys = *read_file(folder / "vkeys");
        const auto last = keys.rfind('\n', keys.size() - 2);
        ASSERT_TRUE(
            replace_file(root / "log.vkey", keys.substr(last == keys.npos ? 0 : last + 1), 0600));
    }
    std::string checked() {
        return run(commands("mktemp") + commands("check_log.py") + "rm -r \"$work\"\n");
    }
    std::string script(const std::string& arguments) {
        return run("python3 check_log.py " + arguments + " && echo rc=0 || echo rc=$?\n");
    }
    std::string good(std::uint64_t first, std::uint64_t last) const {
        return "good: records " + std::to_string(first) + " to " + std::to_string(last) +
               " are the ones that were signed; ";
    }
};

TEST_F(CheckLogTest, ALogIsTheOneThatWasSigned) {
    write_log();
    keep_key();
    ASSERT_GT(list_segments(folder)->size(), 2U);
    const auto whole =
        good(0, records().back().sequence) + "0 lines behind them are not signed, and NOT CHECKED";
    EXPECT_THAT(checked(), HasSubstr(whole));
    EXPECT_EQ(run("gzip 00000000000000000000.jsonl"), "");
    EXPECT_THAT(checked(), HasSubstr(whole));
}

TEST_F(CheckLogTest, AnEcdsaKeyIsAKey) {
    write_log(certs::KeyKind::p256);
    keep_key();
    EXPECT_THAT(checked(), HasSubstr(good(0, records().back().sequence)));
}

TEST_F(CheckLogTest, WhatIsNotSignedYetIsCounted) {
    const auto log = open();
    ASSERT_TRUE(log->seal(not_recorded));
    keep_key();
    const auto last = records().back().sequence;
    for (int i = 0; i < 3; ++i) log->append(LinkUp{.link = "1"});
    ASSERT_TRUE(log->write());
    EXPECT_THAT(checked(),
                HasSubstr(good(0, last) + "3 lines behind them are not signed, and NOT CHECKED"));
}

TEST_F(CheckLogTest, TheKeyThatSignsNowIsWantedAfterAChange) {
    open()->append(LinkUp{.link = "1"});
    keep_key();
    ASSERT_TRUE(open()->change_key("uid:0"));
    EXPECT_THAT(checked(), HasSubstr("is not signed with KEY"));
    keep_key();
    EXPECT_THAT(checked(), HasSubstr("good: "));
}

TEST_F(CheckLogTest, OldestSegmentsMayBeGoneIfTheLogSaysSo) {
    {
        auto with = settings();
        with.segment_bytes_max = 3000;
        const auto log = open(with);
        for (int i = 0; i < 24; ++i) log->append(begin(std::to_string(i)));
        ASSERT_TRUE(log->seal(not_recorded));
        ASSERT_TRUE(log->retain({.keep_days = 0, .dry_run = false}, "uid:0"));
    }
    keep_key();
    const auto first = list_segments(folder)->front().first;
    ASSERT_GT(first, 0U);
    EXPECT_THAT(checked(), HasSubstr(good(first, records().back().sequence)));
    EXPECT_EQ(run("sed -i \"4s/^./A/\" \"$(ls *.cp | head -n 1)\""), "");
    EXPECT_THAT(checked(), HasSubstr("BAD: "));
}

TEST_F(CheckLogTest, WhatAnAttackerWithoutTheKeyDoesIsSeen) {
    struct Attack {
        const char* commands;
        const char* verdict;
    };
    const Attack attacks[] = {
        {"sed -i 's/GET/PUT/' 00000000000000000000.jsonl", "CHANGED"},
        {"sed -i '$s/records/recordz/' \"$(ls *.jsonl | sed -n 2p)\"", "CHANGED"},
        {"sed -i 3d 00000000000000000000.jsonl", "MISSING"},
        {"sed -i '3{h;G}' 00000000000000000000.jsonl", "CHANGED"},
        {"sed -i '2{h;d};3G' 00000000000000000000.jsonl", "CHANGED"},
        {"sed -i '3s/$/ /' 00000000000000000000.jsonl", "CHANGED"},
        {"sed -i '$d' \"$(ls *.jsonl | tail -n 1)\"", "MISSING"},
        {"truncate -s -1 \"$(ls *.jsonl | tail -n 1)\"", "CHANGED"},
        {"rm \"$(ls *.jsonl | head -n 1)\"", "MISSING"},
        {"rm \"$(ls *.jsonl | head -n 1)\" \"$(ls *.cp | head -n 1)\"", "MISSING"},
        {"rm \"$(ls *.jsonl | sed -n 2p)\"", "MISSING"},
        {"rm \"$(ls *.jsonl | tail -n 1)\"", "MISSING"},
        {": > \"$(ls *.jsonl | tail -n 1)\"", "MISSING"},
        {"gzip 00000000000000000000.jsonl; truncate -s -9 *.gz", "Compressed file ended"},
        {"gzip 00000000000000000000.jsonl; printf x | dd of=\"$(ls *.gz)\" bs=1 seek=200 "
         "conv=notrunc status=none",
         ""},
        {"rm *.cp", "the log is not signed"},
        {"sed -i '2s/^[0-9]*$/99999/' \"$(ls *.cp | tail -n 1)\"",
         "of 99999 records, is not signed with KEY"},
        {"sed -i 's/^[A-Za-z0-9+/]\\{43\\}=$/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' *.cp",
         "is not signed with KEY"},
        {"sed -i 's/^\\(— [^ ]* \\)/\\1AAAA/' *.cp", "is not signed with KEY"},
        {"sed -i 's/^— /- /' *.cp", "the log is not signed"},
    };
    write_log();
    keep_key();
    const auto untouched = snapshot();
    for (const auto& attack : attacks) {
        fs::remove_all(folder);
        fs::copy(untouched, folder);
        EXPECT_EQ(run(attack.commands), "") << attack.commands;
        const auto printed = script(". \"$(cat ../log.vkey)\"");
        EXPECT_THAT(printed, HasSubstr("BAD: ")) << attack.commands;
        EXPECT_THAT(printed, HasSubstr(attack.verdict)) << attack.commands;
        EXPECT_THAT(printed, HasSubstr("rc=1")) << attack.commands;
    }
}

TEST_F(CheckLogTest, ALogThatWasMadeInItsPlaceIsNotSignedWithTheKey) {
    write_log();
    keep_key();
    fs::remove_all(folder);
    fs::remove(root / "audit.key");
    write_log();
    EXPECT_THAT(checked(), HasSubstr("BAD: the newest checkpoint"));
}

/// Of the same name, and with the attacker's key for the newest checkpoint.
TEST_F(CheckLogTest, ACheckpointThatAnotherKeySignedIsForged) {
    write_log();
    keep_key();
    const auto forger = *tlog::Signer::create(LogKeys::read(folder).value()->origin(),
                                              *certs::Key::generate(certs::KeyKind::ed25519));
    const auto file = folder / checkpoint_file_name(list_segments(folder)->back().first);
    auto text = *read_file(file);
    const auto newest = std::string(split_notes(text).notes.back());
    tlog::Note note{.text = tlog::Note::parse(newest)->text, .signatures = {}};
    note.add(*forger.sign(note.text));
    text.replace(text.size() - newest.size(), newest.size(), note.to_text());
    ASSERT_TRUE(replace_file(file, text, 0640));
    EXPECT_THAT(checked(), HasSubstr("is not signed with KEY"));
}

TEST_F(CheckLogTest, WrongUseIsNoVerdict) {
    write_log();
    keep_key();
    struct Use {
        const char* arguments;
        const char* said;
        const char* code;
    };
    const Use uses[] = {
        {"", "usage: check_log.py", "rc=2"},
        {".", "usage: check_log.py", "rc=2"},
        {"--help", "a line of its `vkeys`", "rc=0"},
        {". nonsense", "usage: check_log.py", "rc=2"},
        {". ''", "usage: check_log.py", "rc=2"},
        {". \"$(cut -c -60 ../log.vkey)\"", "usage: check_log.py", "rc=2"},
        {". \"$(tr b-y c-z < ../log.vkey)\"", "usage: check_log.py", "rc=2"},
        {". a/1+00000000+BAAA", "usage: check_log.py", "rc=2"},
        {"nowhere \"$(cat ../log.vkey)\"", "there is no audit log in nowhere", "rc=2"},
        {".. \"$(cat ../log.vkey)\"", "there is no audit log in ..", "rc=2"},
        {". \"$(cut -d ' ' -f 2 ../log.vkey)\"", "good: ", "rc=0"},
        {". \"$(cat vkeys)\"", "good: ", "rc=0"},
    };
    for (const auto& use : uses) {
        const auto printed = script(use.arguments);
        EXPECT_THAT(printed, HasSubstr(use.said)) << use.arguments;
        EXPECT_THAT(printed, HasSubstr(use.code)) << use.arguments << ": " << printed;
        EXPECT_EQ(printed.find("BAD: "), printed.npos) << use.arguments << ": " << printed;
    }
}

TEST_F(CheckLogTest, ItIsReadInFiveMinutesAndStandsAlone) {
    const auto text = *read_file(scripts / "check_log.py");
    int lines = 0;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const auto first = text.find_first_not_of(' ', at);
        if (text[first] != '\n' && text[first] != '#') ++lines;
    }
    EXPECT_LE(lines, 75);
    EXPECT_EQ(text.find("import verify_audit"), text.npos);
}

}  // namespace
}  // namespace sallyport::audit
