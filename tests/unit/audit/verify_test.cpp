#include "audit/verify.hpp"

#include "audit_fixture.hpp"
#include "tlog/tree.hpp"

#include <functional>

namespace sallyport::audit {
namespace {

class VerifyTest : public AuditTest {
protected:
    static constexpr int exchanges = 4;

    /// log.opened, four pairs, log.closed: ten lines, of the time before there were checkpoints.
    void write_log() {
        {
            const auto log = open();
            for (int i = 0; i < exchanges; ++i) {
                const auto id = std::to_string(i);
                log->append(begin(id));
                log->append(answered(id));
            }
        }
        std::filesystem::remove(folder / "vkeys");
        std::filesystem::remove(folder / "00000000000000000000.cp");
        auto all = lines();
        const auto origin = all[0].find(",\"origin\"");
        all[0].replace(origin, all[0].size() - origin, "}\n");
        chain_again(all);
        set_lines(all);
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        const auto text = content();
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at) + 1;
            all.push_back(text.substr(at, end - at));
            at = end;
        }
        return all;
    }
    void set_lines(const std::vector<std::string>& all) const {
        std::string text;
        for (const auto& line : all) text += line;
        set_content(text);
    }
    /// Chains the lines anew, as somebody would who can write the file.
    static void chain_again(std::vector<std::string>& all) {
        tlog::Hash last{};
        Sequence sequence = 0;
        for (auto& line : all) {
            const auto seq_end = line.find(',');
            line.replace(0, seq_end, "{\"seq\":" + std::to_string(sequence++));
            line.replace(line.find("\"prev\":\"") + 8, 64, to_hex(last));
            last = tlog::leaf_hash(as_bytes(line));
        }
    }
    Report report() const {
        auto result = verify(folder);
        if (!result) ADD_FAILURE() << to_text(result.error());
        return *result;
    }
    /// Exactly one problem, at this line, with this text in it.
    void expect_problem(std::uint64_t line, std::string_view text) const {
        const auto found = report();
        ASSERT_GE(found.problems.size(), 1U);
        EXPECT_EQ(found.problems[0].line, line);
        EXPECT_EQ(found.problems[0].file, "00000000000000000000.jsonl");
        EXPECT_NE(found.problems[0].text.find(text), std::string::npos) << found.problems[0].text;
    }
};

TEST_F(VerifyTest, AnUntouchedLogIsGood) {
    write_log();
    const auto found = report();
    EXPECT_TRUE(found.good());
    EXPECT_TRUE(found.notes.empty());
    EXPECT_EQ(found.records, 10U);
    EXPECT_EQ(found.first, 0U);
    EXPECT_EQ(found.last, 9U);
    EXPECT_EQ(found.last_digest, to_hex(tlog::leaf_hash(as_bytes(lines().back()))));
}

TEST_F(VerifyTest, AFolderThatIsNotThereIsAnError) { EXPECT_FALSE(verify(root / "nowhere")); }

TEST_F(VerifyTest, AnEmptyFolderIsNoted) {
    std::filesystem::create_directory(folder);
    EXPECT_TRUE(report().good());
    EXPECT_EQ(report().notes.size(), 1U);
}

TEST_F(VerifyTest, AnEditedFieldBreaksTheChainInTheNextLine) {
    write_log();
    auto all = lines();
    all[3].replace(all[3].find("GET"), 3, "PUT");
    set_lines(all);
    expect_problem(5, "the chain is broken");
    EXPECT_EQ(report().problem_count, 1U);
}

TEST_F(VerifyTest, AnyByteOfAnyLineButTheLastMatters) {
    write_log();
    const auto text = content();
    const auto last = text.rfind('\n', text.size() - 2);
    for (std::size_t i = 0; i < last; i += 13) {
        auto changed = text;
        changed[i] = changed[i] == '5' ? '6' : '5';
        set_content(changed);
        EXPECT_FALSE(report().good()) << i;
    }
}

TEST_F(VerifyTest, ARemovedRecordLeavesAGap) {
    write_log();
    auto all = lines();
    all.erase(all.begin() + 4);
    set_lines(all);
    expect_problem(5, "1 records are missing");
}

TEST_F(VerifyTest, SwappedRecordsAreNoticed) {
    write_log();
    auto all = lines();
    std::swap(all[4], all[5]);
    set_lines(all);
    expect_problem(5, "missing");
    EXPECT_GE(report().problem_count, 3U);
}

TEST_F(VerifyTest, ARepeatedRecordIsNoticed) {
    write_log();
    auto all = lines();
    all.insert(all.begin() + 4, all[3]);
    set_lines(all);
    expect_problem(5, "repeated, inserted or moved");
}

TEST_F(VerifyTest, RemovingTheBeginningIsNoticed) {
    write_log();
    auto all = lines();
    all.erase(all.begin());
    set_lines(all);
    expect_problem(1, "named after record 0");
}

TEST_F(VerifyTest, ALineThatIsNoRecordIsNoticed) {
    write_log();
    for (const auto* line : {"\n", "nonsense\n", "{}\n", "[1]\n", "{\"prev\":1}\n"}) {
        auto all = lines();
        all.insert(all.begin() + 2, line);
        set_lines(all);
        expect_problem(3, "not a record");
        all.erase(all.begin() + 2);
        set_lines(all);
    }
}

TEST_F(VerifyTest, ALineThatIsTooLongIsNoticedInBoundedMemory) {
    write_log();
    auto all = lines();
    std::string too_long;
    too_long.resize(10'000'000, 'x');
    all.insert(all.begin() + 2, too_long + "\n");
    set_lines(all);
    expect_problem(3, "longer than a record may be");
    EXPECT_EQ(report().records, 10U);
}

TEST_F(VerifyTest, ATornTailIsNotedAndNoAlarm) {
    write_log();
    set_content(content() + "{\"seq\":10,\"prev\":\"ab");
    const auto found = report();
    EXPECT_TRUE(found.good());
    ASSERT_EQ(found.notes.size(), 1U);
    EXPECT_NE(found.notes[0].find("torn tail"), std::string::npos);
    EXPECT_NE(found.notes[0].find("20 bytes"), std::string::npos);
}

TEST_F(VerifyTest, AnEndWhoseBeginIsAnotherRecordIsNoticed) {
    write_log();
    auto all = lines();
    all[2].replace(all[2].find("\"begin\":1"), 9, "\"begin\":0");
    chain_again(all);
    set_lines(all);
    expect_problem(3, "is not its begin");
}

TEST_F(VerifyTest, ABeginThatTheNextStartDidNotCloseIsNoticed) {
    write_log();
    auto all = lines();
    all.erase(all.begin() + 8);  // the last end
    all.push_back(all[0]);       // another start
    all.push_back(all[1]);
    chain_again(all);
    set_lines(all);
    const auto found = report();
    ASSERT_EQ(found.problem_count, 1U);
    EXPECT_EQ(found.problems[0].line, 11U);
    EXPECT_NE(found.problems[0].text.find("exchange 3 began in record 7 and has no end"),
              std::string::npos)
        << found.problems[0].text;
}

TEST_F(VerifyTest, ExchangesThatStillRunAreNoted) {
    const auto log = open();
    log->append(begin("a"));
    ASSERT_TRUE(log->write());
    EXPECT_TRUE(report().good());
    EXPECT_EQ(report().exchanges_open, 1U);
}

TEST_F(VerifyTest, ALogRewrittenAsAWholePassesAndItSaysSo) {
    write_log();
    const auto before = report();
    auto all = lines();
    all.erase(all.begin() + 3, all.begin() + 5);  // one exchange never happened
    for (auto& line : all) {
        const auto at = line.find("\"begin\":");
        if (at == std::string::npos) continue;
        const auto number = line.substr(at + 8, 1);
        if (number > "3") line.replace(at + 8, 1, std::to_string(std::stoi(number) - 2));
    }
    chain_again(all);
    set_lines(all);
    EXPECT_FALSE(report().good()) << "what is disclosed belongs to other records now";
    std::filesystem::remove(folder / "00000000000000000000.pii");
    EXPECT_TRUE(report().good());
    EXPECT_NE(report().last_digest, before.last_digest) << "whoever kept the digest can tell";
    EXPECT_NE(what_is_proved(report()).find("Not proved: that nobody rewrote the whole chain"),
              std::string_view::npos);
}

TEST_F(VerifyTest, ABadReportProvesNothingGood) {
    write_log();
    auto all = lines();
    all[2].replace(all[2].find("\"time\""), 6, "\"tine\"");
    set_lines(all);
    EXPECT_FALSE(report().good());
    EXPECT_NE(what_is_proved(report()).find("not the log as it was written"),
              std::string_view::npos);
    EXPECT_NE(what_is_proved(Report()).find("nothing"), std::string_view::npos);
}

TEST_F(VerifyTest, ALogCutAtARecordPassesAndItSaysSo) {
    write_log();
    auto all = lines();
    all.resize(5);
    set_lines(all);
    EXPECT_TRUE(report().good());
    EXPECT_EQ(report().last, 4U);
    EXPECT_NE(what_is_proved(report()).find("the newest records were not cut off"),
              std::string_view::npos);
}

TEST_F(VerifyTest, ProblemsAreCountedBeyondWhatIsListed) {
    std::string text;
    for (std::size_t i = 0; i < Report::problems_max + 50; ++i) text += "x\n";
    std::filesystem::create_directory(folder);
    set_content(text);
    const auto found = report();
    EXPECT_EQ(found.problems.size(), Report::problems_max);
    EXPECT_EQ(found.problem_count, Report::problems_max + 50);
}

class VerifySegmentsTest : public VerifyTest {
protected:
    void SetUp() override {
        auto with = settings();
        with.segment_bytes_max = 1200;
        const auto log = open(with);
        for (int i = 0; i < 12; ++i) {
            log->append(begin(std::to_string(i)));
            log->append(answered(std::to_string(i)));
        }
        log->close();
        segments = *list_segments(folder);
        ASSERT_GT(segments.size(), 4U);
    }
    std::vector<Segment> segments;
};

TEST_F(VerifySegmentsTest, TheChainGoesOverSegments) { EXPECT_TRUE(report().good()); }

TEST_F(VerifySegmentsTest, AMissingSegmentIsNoticed) {
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
        std::filesystem::rename(segments[i].path, root / "away");
        EXPECT_FALSE(report().good());
        EXPECT_NE(report().problems[0].text.find("missing"), std::string::npos);
        std::filesystem::rename(root / "away", segments[i].path);
    }
}

TEST_F(VerifySegmentsTest, ACutOlderSegmentIsNoticed) {
    std::filesystem::resize_file(segments[1].path, segments[1].bytes - 5);
    EXPECT_NE(report().problems[0].text.find("a later segment is there"), std::string::npos);
    std::filesystem::resize_file(segments[1].path, 0);
    EXPECT_NE(report().problems[0].text.find("this segment is empty"), std::string::npos);
}

TEST_F(VerifySegmentsTest, ARenamedSegmentIsNoticed) {
    std::filesystem::rename(segments.back().path, folder / segment_name(segments.back().first + 1));
    EXPECT_NE(report().problems[0].text.find("the file is named after record"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::audit
