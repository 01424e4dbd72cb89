// A log that was put aside because it was changed is verified with the one that followed it.
#include "audit/verify_generations.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/generation.hpp"
#include "audit/log_keys.hpp"
#include "audit_fixture.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/signer.hpp"
#include "tlog/spelling.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class VerifyGenerationsTest : public AuditTest {
protected:
    void write_log(int exchanges = 3) {
        const auto log = open();
        for (int i = 0; i < exchanges; ++i) {
            log->append(begin(std::to_string(i)));
            log->append(answered(std::to_string(i)));
        }
    }
    static void edit(const fs::path& file, std::string_view what, std::string_view with) {
        auto text = *read_file(file);
        const auto at = text.find(what);
        ASSERT_NE(at, text.npos);
        text.replace(at, what.size(), with);
        ASSERT_TRUE(replace_file(file, text, 0640));
    }
    /// A log that somebody changed, and the start that found it.
    void put_aside() {
        write_log();
        edit(first_segment(), "GET", "PUT");
        open().reset();
    }
    WholeReport whole(const VerifyOptions& options = {}) const {
        auto report = verify_whole(folder, options);
        if (!report) ADD_FAILURE() << to_text(report.error());
        return report ? *report : WholeReport{};
    }
    static std::vector<std::string> verdicts(const Report& report) {
        std::vector<std::string> all;
        for (const auto& problem : report.problems) all.emplace_back(problem.verdict);
        return all;
    }
    fs::path aside(int number = 1) const {
        return folder / ("generation-000" + std::to_string(number));
    }
};

TEST_F(VerifyGenerationsTest, ALogWithoutAPredecessorHasNone) {
    write_log();
    const auto report = whole();
    EXPECT_TRUE(report.good());
    EXPECT_FALSE(report.log.predecessor);
    EXPECT_THAT(report.generations, SizeIs(0));
    EXPECT_THAT(report.log.notes, SizeIs(0));
}

TEST_F(VerifyGenerationsTest, AChangedLogThatWasPutAsideIsNotGood) {
    put_aside();
    const auto report = whole();
    EXPECT_TRUE(report.log.good());
    EXPECT_FALSE(report.good());
    EXPECT_THAT(report.log.notes.at(0), HasSubstr("was put aside as generation-0001: the first"));
    ASSERT_THAT(report.generations, SizeIs(1));
    const auto& before = report.generations[0];
    EXPECT_EQ(before.name, "generation-0001");
    ASSERT_TRUE(before.told);
    EXPECT_EQ(before.told->size, 8U);
    EXPECT_THAT(verdicts(before.report), ElementsAre("chain", "root"));
    EXPECT_THAT(before.report.notes.at(0), HasSubstr("put aside because: the first"));
}

TEST_F(VerifyGenerationsTest, ALogThatWasPutAsideMustGoOnFromWhatTheNextOneSaysOfIt) {
    put_aside();
    const auto other = aside();
    fs::rename(other, root / "kept");
    fs::create_directory(root / "empty");
    // Somebody puts another log there, whole in itself.
    auto elsewhere = settings();
    elsewhere.folder = root / "other" / "audit";
    fs::create_directory(root / "other");
    open(elsewhere).reset();
    fs::rename(elsewhere.folder, other);
    auto report = whole();
    EXPECT_THAT(verdicts(report.generations.at(0).report), Contains("key"));

    fs::remove_all(other);
    fs::copy(root / "kept", other, fs::copy_options::recursive);
    edit(other / "00000000000000000000.jsonl", "PUT", "GET");
    report = whole();
    EXPECT_TRUE(report.good());
    EXPECT_THAT(report.generations.at(0).report.notes,
                Contains(HasSubstr("nothing is wrong with it now")));
    EXPECT_THAT(report.generations.at(0).report.notes,
                Contains(HasSubstr("is the one that the log that followed it names")));

    // Cut, together with the checkpoints that would tell: only the log that followed does.
    auto text = *read_file(other / "00000000000000000000.jsonl");
    text.resize(text.find('\n') + 1);
    ASSERT_TRUE(replace_file(other / "00000000000000000000.jsonl", text, 0640));
    text = *read_file(other / "00000000000000000000.cp");
    std::string_view notes = text;
    std::string kept(*tlog::take_note(notes));
    ASSERT_TRUE(replace_file(other / "00000000000000000000.cp", kept, 0640));
    EXPECT_TRUE(verify(other)->good()) << "alone it looks whole";
    report = whole();
    EXPECT_THAT(verdicts(report.generations.at(0).report), Contains("TRUNCATED"));
}

TEST_F(VerifyGenerationsTest, OneThatWasTakenAwayIsTold) {
    put_aside();
    fs::remove_all(aside());
    const auto report = whole();
    EXPECT_TRUE(report.good());
    EXPECT_THAT(report.log.notes, Contains(HasSubstr("generation-0001, which was put aside, is not "
                                                     "here")));
}

/// Who has no key puts an empty log of the same name there, signed by a key of his own, that says
/// that all records were pruned.
TEST_F(VerifyGenerationsTest, ALogOfTheSameNameWithAnotherKeyIsNotTheOneThatWasPutAside) {
    put_aside();
    const auto told = *whole().log.predecessor;
    EXPECT_EQ(told.vkey, LogKeys::read(aside()).value()->newest().to_text());
    const auto key =
        *tlog::Signer::create(told.origin, *certs::Key::generate(certs::KeyKind::ed25519));
    tlog::Range range;
    // As they were: the tree must be the one that is told of.
    const auto before = *read_file(aside() / "00000000000000000000.jsonl");
    auto original = before;
    original.replace(original.find("PUT"), 3, "GET");
    std::size_t from = 0;
    for (auto end = original.find('\n'); end != original.npos; end = original.find('\n', from)) {
        range.append(tlog::leaf_hash(as_bytes(original.substr(from, end + 1 - from))));
        from = end + 1;
    }
    ASSERT_EQ(range.end(), told.size);
    ASSERT_EQ(tlog::to_text(range.root()), told.root);
    fs::remove_all(aside());
    fs::create_directory(aside());
    ASSERT_TRUE(LogKeys(key.verifier()).write(aside()));
    const auto record =
        R"({"seq":8,"prev":")" + std::string(64, '0') +
        R"(","time":"2025-03-01T12:00:00.000000Z","boot":"0f0f0f0f-0000-4000-8000-000000000001",)"
        R"("mono":0,"event":"log.pruned","cfg":"aaaaaaaaaaaaaaaa","first":8,"policy":"none"})"
        "\n";
    ASSERT_TRUE(replace_file(aside() / segment_name(8), record, 0640));
    tlog::Note note{.text = tlog::Checkpoint::with_range(told.origin, range).to_text(),
                    .signatures = {}};
    note.add(*key.sign(note.text));
    ASSERT_TRUE(replace_file(aside() / checkpoint_file_name(8), note.to_text(), 0640));
    EXPECT_TRUE(verify(aside())->good()) << "alone it looks pruned";
    const auto report = whole();
    EXPECT_FALSE(report.good());
    EXPECT_THAT(verdicts(report.generations.at(0).report), ElementsAre("key", "sequence"));
}

TEST_F(VerifyGenerationsTest, OneThatWasMovedOutOfTheLogIsToldToo) {
    put_aside();
    fs::rename(aside(), folder / ".." / "generation-0001");
    EXPECT_THAT(whole().log.notes, Contains(HasSubstr("is not here and was not looked at")));
}

TEST(GenerationName, IsThePrefixAndANumber) {
    EXPECT_TRUE(is_generation_name("generation-0001"));
    for (const auto* other : {"", ".", "..", "audit", "generation-", "generation-0001.moving"})
        EXPECT_FALSE(is_generation_name(other)) << other;
}

TEST_F(VerifyGenerationsTest, EachOfSeveralIsComparedWithTheOneThatFollowed) {
    put_aside();
    write_log();
    edit(first_segment(), "GET", "PUT");
    open().reset();
    auto report = whole();
    ASSERT_THAT(report.generations, SizeIs(2));
    EXPECT_EQ(report.log.predecessor->folder, "generation-0002");
    EXPECT_EQ(report.generations[0].name, "generation-0002");
    EXPECT_EQ(report.generations[1].name, "generation-0001");
    for (const auto& generation : report.generations) EXPECT_FALSE(generation.report.good());
    EXPECT_EQ(report.generations[1].told->size, 8U);
    ASSERT_TRUE(report.generations[0].report.predecessor);
    const auto alone = verify_whole(aside(2), {});
    EXPECT_THAT(alone->generations, SizeIs(0));
    EXPECT_THAT(alone->log.notes, Not(Contains(HasSubstr("is not here"))));
    edit(aside(2) / "00000000000000000000.jsonl", "log.opened", "log.closed");
    report = whole();
    EXPECT_FALSE(report.generations[1].told) << "the record that told of it was changed";
}

TEST_F(VerifyGenerationsTest, ARangeThatIsNotThereIsNoGoodReport) {
    write_log();
    EXPECT_EQ(verify(folder, {.since = 500}).error().code, Errc::not_found);
    EXPECT_EQ(verify(folder, {.since = 8}).error().detail,
              "there is no record 8; the log ends with 7");
    EXPECT_TRUE(verify(folder, {.since = 7})->good());
    EXPECT_TRUE(verify(folder, {.until = 500})->good());
}

TEST(VerifyOptions, SayWhyARangeIsWrong) {
    struct Case {
        std::optional<Sequence> since, until, first, last;
        const char* wrong;
    };
    const Case cases[] = {
        {{}, {}, 0, 13, nullptr},
        {0, 13, 0, 13, nullptr},
        {5, {}, 9, 13, nullptr},
        {14, {}, 0, 13, "there is no record 14; the log ends with 13"},
        {14, {}, 0, {}, nullptr},
        {{}, 99, 0, 13, nullptr},
        {7, 5, 0, 13, "record 5 comes before record 7: swap --since-seq and --until-seq"},
        {{}, 5, 9, 13, "record 5 is not there any more; the log begins with 9"},
    };
    for (const auto& each : cases) {
        const VerifyOptions options{.since = each.since, .until = each.until};
        EXPECT_EQ(options.wrong_range(each.first, each.last).value_or(""),
                  each.wrong ? each.wrong : "");
    }
}

TEST(MissingGenerations, AreThoseThatAreToldOfOnly) {
    const std::vector<Predecessor> told{{.folder = "generation-0002"},
                                        {.folder = "generation-0001"}};
    EXPECT_THAT(missing_generations(told, {"generation-0002", "generation-0001"}), SizeIs(0));
    EXPECT_THAT(missing_generations(told, {"generation-0002"}),
                ElementsAre(HasSubstr("generation-0001, which was put aside, is not")));
    EXPECT_THAT(missing_generations(told, {}), SizeIs(2));
    EXPECT_THAT(missing_generations({}, {"generation-0001"}), SizeIs(0));
}

TEST(CompareWithTold, SaysWhyItWasPutAsideAndWhatCannotBeCompared) {
    Report bad;
    bad.add({.file = {}, .text = "wrong"});
    const auto nobody = HasSubstr("no log that is here says that it was put aside");
    const auto why = Eq("it was put aside because: why");
    const auto unsaid = HasSubstr("does not say what was signed of it");
    const auto mended = HasSubstr("nothing is wrong with it now");
    const Predecessor known{.size = 7, .broken = "why"};
    const Predecessor unknown{.broken = "why"};
    EXPECT_THAT(compare_with_told({}, bad), ElementsAre(nobody));
    EXPECT_THAT(compare_with_told({}, Report()), ElementsAre(nobody));
    EXPECT_THAT(compare_with_told(known, bad), ElementsAre(why));
    EXPECT_THAT(compare_with_told(known, Report()), ElementsAre(why, mended));
    EXPECT_THAT(compare_with_told(unknown, bad), ElementsAre(why, unsaid));
}

TEST_F(VerifyGenerationsTest, WhatWasGivenIsForTheLogOfItsName) {
    put_aside();
    const auto old_key = LogKeys::read(aside()).value()->newest();
    const auto new_key = LogKeys::read(folder).value()->newest();
    const auto kept = *read_file(aside() / "00000000000000000000.cp");
    const VerifyOptions given{.keys = {old_key, new_key}, .checkpoints = {kept}};
    const auto own = given_of(given, old_key.name());
    EXPECT_EQ(own.keys, std::vector{old_key});
    EXPECT_EQ(own.checkpoints, std::vector{kept});
    EXPECT_THAT(given_of(given, new_key.name()).checkpoints, SizeIs(0));
    const auto report = whole({.keys = {old_key, new_key}});
    EXPECT_TRUE(report.log.seal.keys_known);
    EXPECT_TRUE(report.generations.at(0).report.seal.keys_known);
    EXPECT_FALSE(whole({.keys = {old_key}}).log.good())
        << "another log is in the place of this one";
    EXPECT_TRUE(whole({.keys = {new_key}}).log.good());
}

}  // namespace
}  // namespace sallyport::audit
