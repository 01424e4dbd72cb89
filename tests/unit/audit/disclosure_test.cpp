// Personal values stand beside the records: what is written where, and what a failing disk leaves.
#include "audit/disclosure.hpp"

#include "audit/query.hpp"
#include "audit/tail.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <future>

namespace sallyport::audit {
namespace {

class DisclosureTest : public AuditTest {
protected:
    std::filesystem::path side_file() const { return folder / "00000000000000000000.pii"; }
    std::string side() const {
        const auto text = read_file(side_file(), 1 << 30);
        return text ? *text : std::string();
    }
    std::vector<Disclosure> disclosures() const {
        std::vector<Disclosure> all;
        const auto text = side();
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at) + 1;
            const auto one = parse_disclosure(std::string_view(text).substr(at, end - at));
            EXPECT_TRUE(one) << text.substr(at, end - at);
            if (one) all.push_back(*one);
            at = end;
        }
        return all;
    }
    /// The record as it stands in the segment, with nothing joined.
    Record bare(Sequence sequence) const {
        auto reader = Reader::open(folder);
        for (auto line = reader->next(); line && *line; line = reader->next())
            if (auto record = parse_record((*line)->bytes); record->sequence == sequence)
                return std::move(*record);
        ADD_FAILURE() << "no record " << sequence;
        return {};
    }
    bool good() const {
        const auto report = verify(folder);
        EXPECT_TRUE(report);
        for (const auto& problem : report->problems) ADD_FAILURE() << problem.text;
        return report->good();
    }
    static ExchangeBegin of(std::string_view user) {
        auto event = begin("x");
        event.user = user;
        return event;
    }
};

TEST_F(DisclosureTest, ARecordHoldsOnlyACommitmentThatAnybodyCanCheck) {
    {
        const auto log = open();
        auto event = of("jane@corp.example");
        event.principal = "x509:CN=jane";
        log->append(event);
    }
    EXPECT_EQ(content().find("jane"), std::string::npos);
    const auto all = disclosures();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].field, "user");
    EXPECT_EQ(all[0].value, "jane@corp.example");
    EXPECT_EQ(all[1].value, "x509:CN=jane");
    EXPECT_NE(all[0].salt, all[1].salt);
    const auto record = bare(1);
    EXPECT_TRUE(record.text("user").empty());
    for (const auto& one : all) {
        EXPECT_EQ(one.sequence, 1U);
        const auto salted = std::string(as_text(one.salt)) + one.value;
        EXPECT_EQ(record.text(one.field + "_c"), to_hex(certs::sha256(as_bytes(salted))));
    }
    EXPECT_EQ(records()[1].text("user"), "jane@corp.example");
    EXPECT_TRUE(good());
}

TEST_F(DisclosureTest, TheSameNameNeverHasTheSameCommitment) {
    const auto log = open();
    for (int i = 0; i < 600; ++i) log->append(of("jane"));  // more than one block of salts
    ASSERT_TRUE(log->write());
    std::vector<std::string> seen;
    for (const auto& record : records())
        if (record.event == "exchange.begin") seen.emplace_back(record.text("user_c"));
    std::ranges::sort(seen);
    EXPECT_EQ(seen.size(), 600U);
    EXPECT_TRUE(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_F(DisclosureTest, AnyBytesAreCommittedToAsAJsonParserReadsThem) {
    const std::vector<std::string> values = {
        "say \"hi\" \\ there",  "a\nb\t\x7F",          "\xC2\x9B",
        "\xFF\x80 raw",         "\xEF\xBF\xBD",        "grüße 漢字",
        std::string(5000, 'x'), std::string(1500, '"')};
    {
        const auto log = open();
        for (const auto& value : values) log->append(of(value));
    }
    EXPECT_TRUE(good());
    const auto all = records();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto shown = unmark(all[i + 1].text("user"));
        const bool cut = all[i + 1].fields.contains("cut");
        EXPECT_EQ(shown, values[i].substr(0, shown.size()));
        EXPECT_EQ(cut, shown.size() < values[i].size());
        if (cut) {
            EXPECT_EQ(all[i + 1].fields.at("cut").at("user"), values[i].size());
        }
    }
}

TEST_F(DisclosureTest, ThereIsNoSideFileWithoutPersons) {
    auto with = settings();
    with.level = Level::off;
    const auto log = open(with);
    log->append(of("jane"));
    ASSERT_TRUE(log->write());
    EXPECT_FALSE(std::filesystem::exists(side_file()));
}

TEST_F(DisclosureTest, EverySegmentHasItsOwnSideFile) {
    auto with = settings();
    with.segment_bytes_max = 2000;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) log->append(of("user" + std::to_string(i)));
    }
    int users = 0;
    for (const auto& record : records())
        if (record.event == "exchange.begin") {
            EXPECT_EQ(record.text("user"), "user" + std::to_string(users++));
        }
    EXPECT_EQ(users, 20);
    EXPECT_GT(list_disclosures(folder)->size(), 3U);
    EXPECT_TRUE(good());
}

TEST_F(DisclosureTest, WhicheverWriteFailsARepairLeavesNoRecordWithoutItsValue) {
    for (int failing = 0; failing < 12; ++failing) {
        for (const std::size_t accepted : {0U, 30U, 500U}) {
            folder = root / ("f" + std::to_string(failing) + "-" + std::to_string(accepted));
            auto with = settings();
            with.segment_bytes_max = 2500;
            const auto log = open(with);
            disk.accepts = accepted;
            disk.writes_left = failing;
            for (int i = 0; i < 8; ++i) {
                log->append(of("jane"));
                static_cast<void>(log->write());
            }
            disk.writes_left = 1'000'000;
            ASSERT_TRUE(log->repair());
            log->append(of("john"));
            ASSERT_TRUE(log->write());
            for (const auto& record : records())
                if (record.event == "exchange.begin") {
                    EXPECT_TRUE(record.text("user") == "jane" || record.text("user") == "john")
                        << record.text("user");
                }
            EXPECT_TRUE(good());
        }
    }
}

TEST_F(DisclosureTest, ValuesComeToTheDiskBeforeTheirRecords) {
    const auto log = open();
    disk.writes_left = 1;
    disk.truncates = false;  // else it would be taken back
    log->append(of("jane"));
    ASSERT_FALSE(log->write());
    EXPECT_NE(side().find("jane"), std::string::npos);
    EXPECT_EQ(content().find("exchange.begin"), std::string::npos);
}

TEST_F(DisclosureTest, PowerMeansBothFiles) {
    auto with = settings();
    with.durability = Durability::power;
    const auto log = open(with);
    const auto sequence = log->append(of("jane"));
    const auto before = disk.syncs.load();
    std::promise<bool> done;
    log->sync(sequence, [&](bool safe) { done.set_value(safe); });
    EXPECT_TRUE(done.get_future().get());
    EXPECT_EQ(disk.syncs - before, 2);
    std::promise<bool> refused;
    disk.syncs_left = 0;
    log->sync(log->append(of("john")), [&](bool safe) { refused.set_value(safe); });
    EXPECT_FALSE(refused.get_future().get());
}

TEST_F(DisclosureTest, AStartCutsWhatBelongsToNoRecord) {
    {
        const auto log = open();
        log->append(of("jane"));
    }
    const auto whole = side();
    auto orphan = whole;
    orphan.replace(orphan.find(":1,"), 3, ":99,");
    const auto first = folder / "00000000000000000000.pii.new";
    const auto later = folder / "00000000000000000099.pii";
    for (const auto& tail : {std::string("{\"seq\":1,\"fie"), orphan, std::string("\n\n")}) {
        ASSERT_TRUE(replace_file(side_file(), whole + tail, 0640));
        ASSERT_TRUE(replace_file(first, whole, 0640));
        ASSERT_TRUE(replace_file(later, whole, 0640));
        { open(); }
        EXPECT_EQ(side(), whole);
        EXPECT_FALSE(std::filesystem::exists(first));
        EXPECT_FALSE(std::filesystem::exists(later));
    }
}

TEST_F(DisclosureTest, AStartCutsHalfALineOfAFinishedSegment) {
    auto with = settings();
    with.segment_bytes_max = 2000;
    {
        const auto log = open(with);
        for (int i = 0; i < 10; ++i) log->append(of("user" + std::to_string(i)));
    }
    const auto whole = side();
    ASSERT_TRUE(replace_file(side_file(), whole + R"({"seq":3,"value":"jane@cor)", 0640));
    { open(with); }
    EXPECT_EQ(side(), whole);
    EXPECT_TRUE(good());
}

TEST_F(DisclosureTest, WhatIsNotDisclosedShowsAsErasedAndEveryProofHolds) {
    {
        const auto log = open();
        log->append(of("jane"));
        log->append(of("john"));
    }
    const auto text = side();
    ASSERT_TRUE(replace_file(side_file(), text.substr(text.find('\n') + 1), 0640));
    EXPECT_EQ(records()[1].text("user"), "(erased)");
    EXPECT_EQ(records()[2].text("user"), "john");
    EXPECT_TRUE(good());
    std::filesystem::remove(side_file());
    EXPECT_EQ(records()[2].text("user"), "(erased)");
    EXPECT_TRUE(good());
}

TEST_F(DisclosureTest, AnotherNameIsNotBelieved) {
    {
        const auto log = open();
        log->append(of("jane"));
    }
    auto text = side();
    text.replace(text.find("jane"), 4, "john");
    ASSERT_TRUE(replace_file(side_file(), text, 0640));
    EXPECT_EQ(records()[1].text("user"), "(falsified)");
    const auto report = verify(folder);
    ASSERT_EQ(report->problem_count, 1U);
    EXPECT_NE(report->problems[0].text.find("\"user\" that is not the one"), std::string::npos);
    EXPECT_EQ(report->problems[0].verdict, verdict::disclosure);
}

TEST_F(DisclosureTest, QueryAndTailShowTheNamesAgain) {
    const auto log = open();
    auto tail = Tail::open(folder, 0);
    for (const auto* user : {"jane", "john"}) {
        log->append(of(user));
        ASSERT_TRUE(log->write());
    }
    std::vector<std::string> lines;
    const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
    ASSERT_TRUE(tail->read(keep));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[0].find(",\"user\":\"jane\",\"user_c\":\""), std::string::npos) << lines[0];
    ASSERT_TRUE(replace_file(side_file(), "", 0640));  // the writer goes on in the old file
    std::vector<std::string> found;
    ASSERT_TRUE(query(folder, {.user = "(erased)"}, [&](const Finding& finding) {
        found.push_back(finding.lines[0]);
        return true;
    }));
    EXPECT_EQ(found.size(), 2U);
}

}  // namespace
}  // namespace sallyport::audit
