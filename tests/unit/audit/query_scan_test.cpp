// Queries read several segments at once and parse only what may match: they find what a reader of
// every record finds.
#include "audit/query.hpp"
#include "audit/query_filter.hpp"
#include "audit_fixture.hpp"

#include <map>

namespace sallyport::audit {
namespace {

class QueryScanTest : public AuditTest {
protected:
    /// Exchanges that overlap, so that many end in a later segment than they begin in.
    void SetUp() override {
        auto with = settings();
        with.segment_bytes_max = 4000;
        const auto log = open(with);
        constexpr int running = 7;
        for (int i = 0; i < 120; ++i) {
            clock.pass(std::chrono::seconds(10));
            const auto user = i % 11 == 0 ? "say \"" + std::to_string(i % 3) + "\""
                                          : "user" + std::to_string(i % 5);
            const auto path = "/sap/" + std::to_string(i % 4) + "/gr\xC3\xBC\xC3\x9F" + "e*?";
            auto event = begin(ids_.emplace_back("x" + std::to_string(i)));
            event.user = user;
            event.path = path;
            event.method = i % 2 == 0 ? "GET" : "PUT";
            if (i % 7 == 0) event.trace = "0af7651916cd43dd8448eb211c80319c";
            log->append(event);
            if (i % 6 == 0) {
                log->append(ExchangeEnd{.exchange = "r" + std::to_string(i),
                                        .outcome = outcome::refused,
                                        .status = 403,
                                        .user = user,
                                        .method = "GET",
                                        .path = path});
                const auto call = log->append(RfcCall{.exchange = ids_.back(),
                                                      .call = 1,
                                                      .function = i % 12 == 0 ? "Z_A" : "BAPI_B",
                                                      .sap_user = "JANE",
                                                      .decision = "allowed"});
                log->append(RfcCallEnd{.exchange = ids_.back(),
                                       .begin = call,
                                       .call = 1,
                                       .function = i % 12 == 0 ? "Z_A" : "BAPI_B",
                                       .outcome = outcome::answered});
            }
            if (i < running) continue;
            auto end = answered(ids_[static_cast<std::size_t>(i - running)]);
            if (i % 8 == 0) end.outcome = outcome::failed;
            log->append(end);
        }
    }

    static std::string key(const Finding& finding) {
        std::string text;
        for (const auto& record : finding.records) text += std::to_string(record.sequence) + "+";
        return text;
    }
    std::vector<std::string> found(const Filter& filter) const {
        std::vector<std::string> all;
        const auto summary = query(folder, filter, [&](const Finding& finding) {
            all.push_back(key(finding));
            return true;
        });
        EXPECT_TRUE(summary && summary->unreadable == 0);
        std::ranges::sort(all);
        return all;
    }
    /// The same, in the plain way.
    std::vector<std::string> expected(const Filter& filter) const {
        std::map<Sequence, Finding> findings;
        for (auto& record : records()) {
            const auto begin = record.number("begin");
            auto& finding = findings[begin ? *begin : record.sequence];
            finding.records.push_back(std::move(record));
        }
        std::vector<std::string> all;
        for (const auto& [sequence, finding] : findings)
            if (in_range(filter, finding.records[0]) && access_matches(filter, finding) &&
                wanted(filter.outcome, finding.text("outcome")))
                all.push_back(key(finding));
        std::ranges::sort(all);
        return all;
    }

    std::vector<std::string> ids_;
};

TEST_F(QueryScanTest, FindsWhatEveryRecordHas) {
    const auto start = parse_rfc3339("2025-03-01T12:00:00Z");
    const std::vector<Filter> filters = {
        {},
        {.user = "user3"},
        {.user = "user?"},
        {.user = "*"},
        {.user = "say \"1\""},
        {.user = "*\"*"},
        {.user = "nobody"},
        {.user = "(erased)"},
        {.path = "/sap/1/*"},
        {.path = "*/1/*"},
        {.path = "*\xC3\x9F*"},
        {.path = "/sap/?/gr\xC3\xBC\xC3\x9F"
                 "e*?"},
        {.method = "PUT", .outcome = "failed"},
        {.outcome = "answered"},
        {.outcome = "f*"},
        {.outcome = "*"},
        {.outcome = "refused"},
        {.exchange = "x17"},
        {.exchange = "x1*"},
        {.trace = "0af7651916cd43dd8448eb211c80319c"},
        {.trace = "*319c", .outcome = "failed"},
        {.function = "Z_*"},
        {.user = "JANE", .function = "BAPI_B"},
        {.tenant = "*", .rule = "2:*"},
        {.since = *start + std::chrono::seconds(505), .until = *start + std::chrono::seconds(600)},
        {.since = *start + std::chrono::seconds(1100)},
        {.until = *start + std::chrono::seconds(100), .outcome = "answered"},
        {.decision = "allowed"},
        {.decision = "refused"},
        {.outcome = "answered", .from = 100, .to = 300},
        {.decision = "refused", .to = 250},
        {.from = 333, .to = 333},
        {.from = 700},
        {.location = ""},
        {.location = "north"},
        {.location = "*o*"}};
    ASSERT_GT(list_segments(folder)->size(), 10U);
    for (std::size_t i = 0; i < filters.size(); ++i)
        EXPECT_EQ(found(filters[i]), expected(filters[i])) << "filter " << i;
    EXPECT_FALSE(found({.user = "user3"}).empty());
    EXPECT_FALSE(found({.function = "Z_*"}).empty());
}

TEST_F(QueryScanTest, ComesInTheOrderInWhichExchangesEnd) {
    std::vector<Sequence> last;
    ASSERT_TRUE(query(folder, {.outcome = "answered"}, [&](const Finding& finding) {
        last.push_back(finding.records.back().sequence);
        return true;
    }));
    EXPECT_TRUE(std::ranges::is_sorted(last));
}

TEST_F(QueryScanTest, EndsWhenItIsToldTo) {
    int left = 3;
    const auto summary = query(folder, {}, [&](const Finding&) { return --left > 0; });
    EXPECT_EQ(summary->found, 3U);
}

}  // namespace
}  // namespace sallyport::audit
