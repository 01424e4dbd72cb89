#include "audit/query.hpp"

#include "audit/render.hpp"
#include "audit/tail.hpp"
#include "audit_fixture.hpp"

namespace sallyport::audit {
namespace {

TEST(Matches, UnderstandsStarsAndQuestionMarks) {
    const std::tuple<const char*, const char*, bool> cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"a", "a", true},
        {"a", "ab", false},
        {"a*", "abc", true},
        {"*c", "abc", true},
        {"a*c*e", "abcde", true},
        {"a*c*f", "abcde", false},
        {"?", "a", true},
        {"?", "", false},
        {"/sap/*/Set", "/sap/x/y/Set", true},
        {"**a**", "bab", true},
        {"*.example", "x.example.org", false}};
    for (const auto& [pattern, text, expected] : cases)
        EXPECT_EQ(matches(pattern, text), expected) << pattern << " on " << text;
}

TEST(Matches, IsNotSlowOnManyStars) {
    std::string pattern;
    for (int i = 0; i < 100; ++i) pattern += "a*";
    EXPECT_FALSE(matches(pattern + "b", std::string(10'000, 'a')));
}

class QueryTest : public AuditTest {
protected:
    void SetUp() override {
        const auto log = open();
        log->append(begin("one"));
        clock.pass(std::chrono::minutes(1));
        auto second = begin("two");
        second.user = "joe@corp.example";
        second.path = "/other";
        second.location = "south";
        second.trace = "0af7651916cd43dd8448eb211c80319c";
        log->append(second);
        log->append(answered("one"));
        clock.pass(std::chrono::minutes(1));
        log->append(ExchangeEnd{.exchange = "three",
                                .outcome = outcome::refused,
                                .status = 403,
                                .reason = "no rule allows it",
                                .trace = "0af7651916cd43dd8448eb211c80319c",
                                .user = "jane@corp.example",
                                .virtual_host = "erp.virtual:44300",
                                .method = "POST",
                                .path = "/secret"});
        log->append(LinkDown{.hub = "prod", .reason = "reset"});
    }
    std::vector<std::string> find(const Filter& filter) const {
        std::vector<std::string> found;
        const auto summary = query(folder, filter, [&](const Finding& finding) {
            found.emplace_back(finding.text("exchange").empty() ? finding.records[0].event
                                                                : finding.text("exchange"));
            return true;
        });
        EXPECT_TRUE(summary);
        return found;
    }
    using Names = std::vector<std::string>;
};

TEST_F(QueryTest, FindsByEachField) {
    const auto at = [](const char* text) { return *parse_rfc3339(text); };
    const std::pair<Filter, Names> cases[] = {
        {{}, {"log.opened", "one", "three", "link.down", "log.closed", "two"}},
        {{.exchange = "*"}, {"one", "three", "two"}},  // what has one
        {{.user = "jane@*"}, {"one", "three"}},
        {{.user = "jane@*", .outcome = "refused"}, {"three"}},
        {{.outcome = "answered"}, {"one"}},
        {{.path = "/sap/*"}, {"one"}},
        {{.method = "POST"}, {"three"}},
        {{.method = "p?st"}, {"three"}},
        {{.rule = "2:*"}, {"one", "two"}},
        {{.virtual_host = "erp.virtual:*"}, {"one", "three", "two"}},
        {{.virtual_host = "erp.virtual"}, {"one", "three", "two"}},
        {{.virtual_host = "*.virtual"}, {"one", "three", "two"}},
        {{.virtual_host = "erp.virtual:44300"}, {"one", "three", "two"}},
        {{.virtual_host = "erp.virtual:443"}, {}},
        {{.virtual_host = "erp"}, {}},
        {{.client = "sb-app"}, {"one", "two"}},
        {{.exchange = "two"}, {"two"}},
        {{.trace = "0af7651916cd43dd8448eb211c80319c"}, {"three", "two"}},
        {{.trace = "0af765191*"}, {"three", "two"}},
        {{.trace = "0af7651916cd43dd8448eb211c80319c", .outcome = "refused"}, {"three"}},
        {{.trace = "1af7651916cd43dd8448eb211c80319c"}, {}},
        {{.event = "link.*"}, {"link.down"}},
        {{.event = "exchange.begin"}, {"one", "two"}},
        {{.decision = "allowed"}, {"one", "two"}},
        {{.decision = "refused"}, {"three"}},
        {{.from = 2, .to = 4}, {"three", "two"}},
        {{.from = 5}, {"link.down", "log.closed"}},
        {{.to = 1}, {"log.opened", "one"}},
        {{.location = ""}, {"one", "three", "link.down"}},
        {{.location = "south"}, {"two"}},
        {{.since = at("2025-03-01T12:02:00Z")}, {"three", "link.down", "log.closed"}},
        {{.until = at("2025-03-01T12:01:00Z"), .tenant = "acme"}, {"one"}}};
    for (const auto& [filter, expected] : cases) EXPECT_EQ(find(filter), expected);
}

TEST_F(QueryTest, BringsBeginAndEndTogether) {
    Finding one;
    ASSERT_TRUE(query(folder, {.exchange = "one"}, [&](const Finding& finding) {
        one = finding;
        return false;
    }));
    ASSERT_EQ(one.records.size(), 2U);
    EXPECT_EQ(one.text("user"), "jane@corp.example");
    EXPECT_EQ(one.text("outcome"), "answered");
    EXPECT_EQ(one.number("duration_us"), 1500U);
    auto line = one.lines[0];
    const std::string name = "\"user\":\"jane@corp.example\",";
    ASSERT_NE(line.find(name), std::string::npos);
    line.erase(line.find(name), name.size());
    EXPECT_NE(content().find(line), std::string::npos) << "else it is as it stands there";
}

TEST_F(QueryTest, CountsLinesThatAreNoRecords) {
    set_content("garbage\n" + content());
    const auto summary = query(folder, {.user = "x"}, [](const Finding&) { return true; });
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->unreadable, 1U);
    EXPECT_EQ(summary->found, 0U);
}

TEST_F(QueryTest, PrintsRowsForPeople) {
    std::vector<std::string> rows;
    ASSERT_TRUE(query(folder, {.virtual_host = "*?"}, [&](const Finding& finding) {
        rows.push_back(table_row(finding));
        return true;
    }));
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(
        rows[0],
        "       1  2025-03-01T12:00:00.000000Z  answered              200     "
        "jane@corp.example         1.5 ms       GET erp.virtual:44300/sap/opu/odata/Set  [one]\n");
    EXPECT_NE(rows[1].find("refused               403"), std::string::npos);
    EXPECT_NE(rows[1].find("(no rule allows it)"), std::string::npos);
    EXPECT_NE(rows[2].find("open                  -"), std::string::npos);
}

TEST(Printable, LeavesNothingThatMovesTheCursor) {
    EXPECT_EQ(printable("a\x1B[2J\n\x7F\xC2\x9Büx"), "a\\x1b[2J\\x0a\\x7f\\xc2\\x9büx");
}

class TailTest : public AuditTest {
protected:
    static std::vector<Sequence> read(Tail& tail) {
        std::vector<Sequence> sequences;
        const auto done = tail.read(
            [&](std::string_view line) { sequences.push_back(parse_record(line)->sequence); });
        EXPECT_TRUE(done);
        return sequences;
    }
    using Sequences = std::vector<Sequence>;
};

TEST_F(TailTest, GivesTheLastLinesOverSegments) {
    auto with = settings();
    with.segment_bytes_max = 1200;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) log->append(begin(std::to_string(i)));
    }
    const auto count = records().size();
    for (const std::uint64_t n : {0U, 1U, 2U, 3U, 4U, 5U, 9U, 20U, 1000U}) {
        auto tail = Tail::open(folder, n);
        ASSERT_TRUE(tail);
        const auto sequences = read(*tail);
        ASSERT_EQ(sequences.size(), std::min<std::uint64_t>(n, count));
        for (std::size_t i = 0; i < sequences.size(); ++i)
            EXPECT_EQ(sequences[i], count - sequences.size() + i);
    }
}

TEST_F(TailTest, FollowsOverSegmentsAndWaitsForWholeLines) {
    std::filesystem::create_directory(folder);
    auto tail = Tail::open(folder, 10);
    ASSERT_TRUE(tail);
    EXPECT_EQ(read(*tail), Sequences{});
    auto with = settings();
    with.segment_bytes_max = 700;
    const auto log = open(with);
    EXPECT_EQ(read(*tail), Sequences{0});
    log->append(begin("a"));
    EXPECT_EQ(read(*tail), Sequences{});
    ASSERT_TRUE(log->write());
    EXPECT_EQ(read(*tail), Sequences{1});
    log->append(begin("b"));
    ASSERT_TRUE(log->write());
    EXPECT_EQ(read(*tail), (Sequences{2, 3, 4}))
        << "the end and the opening of segments are between them";
}

TEST_F(TailTest, LeavesALineThatIsBeingWritten) {
    { open(); }
    const auto whole = content();
    const auto second = whole.find('\n') + 1;
    for (const std::uint64_t n : {0U, 1U, 5U}) {
        set_content(whole.substr(0, second + 10));
        auto tail = Tail::open(folder, n);
        ASSERT_TRUE(tail);
        EXPECT_EQ(read(*tail), n == 0 ? Sequences{} : Sequences{0});
        set_content(whole);
        EXPECT_EQ(read(*tail), Sequences{1});
    }
}

}  // namespace
}  // namespace sallyport::audit
