// Who may write the files tries to change what is on record: docs/AUDIT.md#attacks is this table.
#include "attacked_log.hpp"
#include "audit/verify.hpp"

#include <algorithm>
#include <functional>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::HasSubstr;

struct Attack {
    const char* name;
    std::function<void(AttackedLog&)> run;
    std::string_view alone;      // verdict of verify without anything kept elsewhere; empty: passes
    std::string_view elsewhere;  // with the witness's checkpoint and the key
    const char* words = "";      // of a problem
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

class AttackTest : public AuditTest, public ::testing::WithParamInterface<Attack> {
protected:
    static void expect(const Report& report, std::string_view verdict, const char* words) {
        std::string all;
        for (const auto& problem : report.problems)
            all += std::string(problem.verdict) + ": " + problem.text + "\n";
        EXPECT_EQ(report.good(), verdict.empty()) << all;
        const auto found = std::ranges::any_of(
            report.problems, [&](const Problem& problem) { return problem.verdict == verdict; });
        EXPECT_TRUE(verdict.empty() || found) << "wanted " << verdict << "\n" << all;
        if (!verdict.empty()) {
            EXPECT_THAT(all, HasSubstr(words));
        }
        const auto meaning = what_is_proved(report);
        const auto bad = meaning.find("not the log as it was written") != meaning.npos ||
                         meaning.find("which does not fit this log") != meaning.npos;
        EXPECT_EQ(bad, !verdict.empty()) << meaning;
    }
};

TEST_P(AttackTest, IsSeenAsTheTableSays) {
    const auto& attack = GetParam();
    AttackedLog log(root, folder);
    log.write(open());
    attack.run(log);
    const auto alone = verify(folder);
    ASSERT_TRUE(alone) << to_text(alone.error());
    expect(*alone, attack.alone, attack.words);
    const auto elsewhere = verify(folder, log.kept());
    ASSERT_TRUE(elsewhere);
    expect(*elsewhere, attack.elsewhere, attack.elsewhere == attack.alone ? attack.words : "");
}

const Attack attacks[] = {
    {"Nothing", [](AttackedLog&) {}, "", ""},
    {"FieldEdited",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) { AttackedLog::replace(lines[4], "erp.", "www."); });
     },
     verdict::chain, verdict::chain, "the chain is broken"},
    {"RecordDeleted",
     [](AttackedLog& log) { log.edit_lines([](auto& lines) { lines.erase(lines.begin() + 4); }); },
     verdict::sequence, verdict::sequence, "1 records are missing"},
    {"RecordsSwapped",
     [](AttackedLog& log) { log.edit_lines([](auto& lines) { std::swap(lines[4], lines[5]); }); },
     verdict::sequence, verdict::sequence, "repeated, inserted or moved"},
    {"RecordDuplicated",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) { lines.insert(lines.begin() + 4, lines[4]); });
     },
     verdict::sequence, verdict::sequence, "repeated, inserted or moved"},
    {"RecordInsertedAndAllChainedAgain",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) {
             lines.insert(lines.begin() + 4, lines[4]);
             AttackedLog::chain_again(lines);
         });
     },
     verdict::root, verdict::root, "are not the ones that were signed"},
    {"FieldEditedAndAllChainedAgain",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) {
             AttackedLog::replace(lines[4], "erp.", "www.");
             AttackedLog::chain_again(lines);
         });
     },
     verdict::root, verdict::root, "are not the ones that were signed"},
    {"RecordDeletedAndAllChainedAgain",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) {
             lines.erase(lines.begin() + 4);
             AttackedLog::chain_again(lines);
         });
     },
     verdict::root, verdict::root},
    {"CutBelowTheSignedSize",
     [](AttackedLog& log) { log.edit_lines([](auto& lines) { lines.resize(lines.size() - 2); }); },
     verdict::truncated, verdict::truncated, "records were signed, the log has"},
    {"CutAndAnEmptySegmentAdded", [](AttackedLog& log) { log.cut_and_add_segment(""); },
     verdict::truncated, verdict::truncated, "records were signed, the log has"},
    {"CutAndASegmentWithHalfALineAdded",
     [](AttackedLog& log) { log.cut_and_add_segment("{\"seq\":99"); }, verdict::truncated,
     verdict::truncated, "records were signed, the log has"},
    {"CutAndALongHalfLineAdded",
     [](AttackedLog& log) {
         log.edit_lines([](auto& lines) {
             lines.resize(lines.size() - 2);
             lines.emplace_back(100'000, 'x');
         });
     },
     verdict::truncated, verdict::truncated, "records were signed, the log has"},
    {"NewestCheckpointsRemovedAndWhatTheySignedRewritten",
     [](AttackedLog& log) { log.rewrite_without_checkpoints(false); }, "", verdict::fork},
    {"AllCheckpointsRemovedAndAllRewritten",
     [](AttackedLog& log) { log.rewrite_without_checkpoints(true); }, "", verdict::key},
    {"CutAndTheNewestCheckpointsRemoved", [](AttackedLog& log) { log.cut_with_checkpoints(); }, "",
     verdict::truncated},
    {"TheWholeFolderRolledBack", [](AttackedLog& log) { log.roll_back(); }, "", verdict::truncated},
    {"CheckpointAltered",
     [](AttackedLog& log) {
         log.edit_checkpoints(
             [](std::string& text) { AttackedLog::replace(text, "\n5\n", "\n6\n"); });
     },
     verdict::signature, verdict::signature, "is not one that the log made"},
    {"CheckpointSignedByAnotherKey",
     [](AttackedLog& log) {
         log.edit_checkpoints([&](std::string& text) { text += log.signed_by_another_key(); });
     },
     verdict::signature, verdict::signature, "is not one that the log made"},
    {"CheckpointOfAnotherLog",
     [](AttackedLog& log) {
         log.edit_checkpoints([&](std::string& text) { text += log.note_of_another_log(); });
     },
     verdict::signature, verdict::signature, "it is of another log"},
    {"OlderCheckpointRepeatedBehindANewerOne",
     [](AttackedLog& log) {
         log.edit_checkpoints(
             [](std::string& text) { text += std::string(split_notes(text).notes[1]); });
     },
     verdict::order, verdict::order, "comes after one of"},
    {"EverythingRewrittenAndSealedWithAnotherKey", [](AttackedLog& log) { log.replace_all(); }, "",
     verdict::key},
    {"EverythingReplacedByALogThatIsNotSealed",
     [](AttackedLog& log) { log.replace_all_without_seals(); }, "", verdict::key},
    {"ListOfKeysEdited", [](AttackedLog& log) { log.replace_vkeys(); }, verdict::signature,
     verdict::key},
    {"ListOfKeysRemoved", [](AttackedLog& log) { log.remove("vkeys"); }, verdict::key, verdict::key,
     "the list of keys is missing"},
    {"ListOfKeysAndAllCheckpointsRemoved", [](AttackedLog& log) { log.remove_seals(); },
     verdict::key, verdict::key, "there is no list of keys"},
};

INSTANTIATE_TEST_SUITE_P(OneSegment, AttackTest, ::testing::ValuesIn(attacks),
                         [](const auto& test) { return std::string(test.param.name); });

class SegmentAttackTest : public AttackTest {};

TEST_P(SegmentAttackTest, IsSeenAsTheTableSays) {
    const auto& attack = GetParam();
    AttackedLog log(root, folder);
    auto with = settings();
    with.segment_bytes_max = 1000;
    log.write(open(with));
    attack.run(log);
    const auto alone = verify(folder);
    ASSERT_TRUE(alone) << to_text(alone.error());
    expect(*alone, attack.alone, attack.words);
}

const Attack segment_attacks[] = {
    {"Nothing", [](AttackedLog&) {}, "", ""},
    {"SegmentRemoved", [](AttackedLog& log) { log.remove(log.segment(1)); }, verdict::sequence, "",
     "records are missing"},
    {"SegmentRenamed", [](AttackedLog& log) { log.rename(log.segment(1), segment_name(3)); },
     verdict::file, "", "is named after record"},
    {"CheckpointsOfASegmentRemoved",
     [](AttackedLog& log) { log.remove(checkpoint_file_name(log.first_of(1))); }, verdict::file, "",
     "the checkpoints of this segment are missing"},
    {"CheckpointsOfASegmentEmptied",
     [](AttackedLog& log) {
         log.edit_file(checkpoint_file_name(log.first_of(1)), [](auto& text) { text.clear(); });
     },
     verdict::file, "", "the checkpoints of this segment are missing"},
    {"NewestSegmentRemoved", [](AttackedLog& log) { log.remove(log.segment(log.newest())); },
     verdict::truncated, "", "checkpoints of records that are missing"},
    {"NewestSegmentEmptied",
     [](AttackedLog& log) {
         log.edit_file(log.segment(log.newest()), [](auto& text) { text.clear(); });
     },
     verdict::truncated, "", "checkpoints of records that are missing"},
    {"FirstSegmentRemoved",
     [](AttackedLog& log) {
         log.remove(log.segment(0));
         log.remove(checkpoint_file_name(0));
     },
     verdict::sequence, "", "no record says that they were pruned"},
    {"RangeOfACheckpointAltered",
     [](AttackedLog& log) {
         log.remove(log.segment(0));
         log.remove(checkpoint_file_name(0));
         log.edit_file(checkpoint_file_name(log.first_of(1)), [](std::string& text) {
             const auto hash = text.find('\n', text.find('\n', text.find('\n') + 1) + 1) + 3;
             text[hash] = text[hash] == 'A' ? 'B' : 'A';
         });
     },
     verdict::signature, "", "is not one that the log made"},
    {"CompressedSegmentEdited",
     [](AttackedLog& log) {
         log.compress(1, [](std::string& text) { AttackedLog::replace(text, "erp.", "www."); });
     },
     verdict::root, "", "are not the ones that were signed"},
    {"CompressedSegmentAsItWas", [](AttackedLog& log) { log.compress(1, [](std::string&) {}); }, "",
     ""},
};

INSTANTIATE_TEST_SUITE_P(Segments, SegmentAttackTest, ::testing::ValuesIn(segment_attacks),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(AuditTest, RecordsThatWereNotSignedYetCanBeCutOff) {
    std::filesystem::path killed;
    {
        const auto log = open();
        for (const auto* id : {"1", "2", "3"}) log->append(LinkUp{.link = id});
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    auto report = *verify(killed);
    EXPECT_TRUE(report.good());
    EXPECT_THAT(report.notes.back(), HasSubstr("the newest 3 records are not signed yet"));
    auto text = *read_file(killed / segment_name(0));
    text.resize(text.find('\n') + 1);
    ASSERT_TRUE(replace_file(killed / segment_name(0), text, 0640));
    report = *verify(killed);
    EXPECT_TRUE(report.good());
    EXPECT_EQ(report.seal.size, 1U);
}

TEST_F(AuditTest, StepsOfTheClockAreNoAttack) {
    {
        const auto log = open();
        for (const auto hours : {-30, 50, -1}) {
            clock.instant.wall += std::chrono::hours(hours);
            log->append(LinkUp{.link = "1"});
            ASSERT_TRUE(log->seal(not_recorded));
        }
    }
    EXPECT_TRUE(verify(folder)->good());
}

/// Whoever got the newest key cannot make checkpoints of the time before it.
TEST_F(AuditTest, ARetiredPartCannotBeSealedAgainWithTodaysKey) {
    certs::Key today = *certs::Key::generate(certs::KeyKind::ed25519);
    {
        const auto log = open();
        log->append(LinkUp{.link = "1"});
        ASSERT_TRUE(log->change_key("uid:0"));
        today = *certs::Key::from_pem(*read_file(root / "audit.key"));
    }
    EXPECT_TRUE(verify(folder)->good());
    auto text = *read_file(folder / checkpoint_file_name(0));
    const auto old = std::string(split_notes(text).notes[1]);
    tlog::Note note{.text = tlog::Note::parse(old)->text, .signatures = {}};
    note.add(*tlog::Signer::create(read_checkpoint(old)->origin, today)->sign(note.text));
    text.replace(text.find(old), old.size(), note.to_text());
    ASSERT_TRUE(replace_file(folder / checkpoint_file_name(0), text, 0640));
    const auto report = verify(folder);
    ASSERT_EQ(report->problem_count, 1U);
    EXPECT_EQ(report->problems[0].verdict, verdict::signature);
    EXPECT_THAT(report->problems[0].text, HasSubstr("was not in use"));
}

TEST_F(AuditTest, APartOfALogIsVerifiedByItself) {
    auto with = settings();
    with.segment_bytes_max = 1000;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) log->append(LinkUp{.hub = "prod", .link = "1"});
    }
    const auto segments = *list_segments(folder);
    ASSERT_GT(segments.size(), 4U);
    const auto middle = segments[2].first;
    const auto report = verify(folder, {.since = middle, .until = middle});
    EXPECT_TRUE(report->good()) << report->problems[0].text;
    EXPECT_EQ(report->segments, 1U);
    EXPECT_EQ(report->first, middle);
    EXPECT_EQ(report->seal.size, segments[3].first) << "its last checkpoint covers all of it";
}

}  // namespace
}  // namespace sallyport::audit
