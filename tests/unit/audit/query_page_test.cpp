#include "audit/query_page.hpp"

#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class QueryPageTest : public AuditTest {
protected:
    /// Ends come in another order than begins, and in another segment.
    void write(std::uint64_t segment_bytes_max) {
        auto with = settings();
        with.segment_bytes_max = segment_bytes_max;
        const auto log = open(with);
        for (const auto* name : {"a", "b", "c", "d", "e"}) log->append(begin(name));
        for (const auto* name : {"e", "c", "a", "d"}) log->append(answered(name));
        log->append(LinkDown{.hub = "prod", .reason = "reset"});
    }
    /// All pages, one behind the other; each "a+" of an exchange that has ended.
    std::vector<std::string> pages(Filter filter, const QueryLimits& limits) const {
        std::vector<std::string> all;
        for (int asked = 0; asked < 100; ++asked) {
            const auto page = query_page(folder, filter, limits);
            EXPECT_TRUE(page);
            if (!page) return all;
            std::string names;
            for (const auto& finding : page->findings) {
                names += finding.text("exchange");
                if (finding.records.size() > 1) names += '+';
            }
            all.push_back(names);
            const auto next = page->summary.next;
            if (!next) return all;
            EXPECT_GT(*next, filter.from.value_or(0));
            filter.from = next;
        }
        ADD_FAILURE() << "pages without an end";
        return all;
    }
    static std::string whole(const std::vector<std::string>& pages) {
        std::string all;
        for (const auto& page : pages) all += page;
        return all;
    }
    static Filter exchanges() {
        Filter filter;
        filter.exchange = "*";
        return filter;
    }
};

TEST_F(QueryPageTest, GoesOnWhereThePageBeforeItEnded) {
    write(segment_bytes_default);
    EXPECT_THAT(pages(exchanges(), {.findings = 2}), ElementsAre("a+b", "c+d+", "e+"));
    EXPECT_THAT(pages(exchanges(), {}), ElementsAre("a+bc+d+e+"));
    EXPECT_THAT(pages(exchanges(), {.bytes = 1}), ElementsAre("a+", "b", "c+", "d+", "e+"));
}

TEST_F(QueryPageTest, ReadsSoManySegmentsAtOnceAndLosesNothing) {
    write(1'200);
    for (const std::size_t segments : {1, 2, 16})
        for (const std::size_t findings : {1, 2, 100})
            for (const std::size_t held_bytes : {1, 1'000, 1'000'000}) {
                const QueryLimits limits{
                    .findings = findings, .held_bytes = held_bytes, .segments = segments};
                EXPECT_EQ(whole(pages(exchanges(), limits)), "a+bc+d+e+");
            }
    EXPECT_GT(pages(exchanges(), {.segments = 1}).size(), 1U);
    EXPECT_GT(pages(exchanges(), {.held_bytes = 1}).size(), 1U);
}

TEST_F(QueryPageTest, WhatDoesNotMatchTakesNoRoom) {
    write(segment_bytes_default);
    auto filter = exchanges();
    filter.outcome = outcome::refused;
    EXPECT_EQ(whole(pages(filter, {.findings = 1})), "");
    EXPECT_EQ(pages(filter, {.findings = 1}).size(), 1U);
}

TEST_F(QueryPageTest, FindsSingleRecordsInTheSameWay) {
    write(1'200);
    Filter filter;
    filter.event = "*";
    const auto all = query_page(folder, filter, {.findings = 1'000, .segments = 1'000});
    ASSERT_TRUE(all);
    const auto parts = pages(filter, {.findings = 1, .segments = 1});
    EXPECT_GE(parts.size(), all->findings.size());
    EXPECT_EQ(all->findings.size(), records().size());
}

TEST_F(QueryPageTest, LooksForEndsOnlySoFarAndSaysSo) {
    write(1'200);  // the end of b never comes
    auto filter = exchanges();
    const auto far = query_page(folder, filter, {.segments = 100, .segments_behind = 0});
    ASSERT_TRUE(far);
    EXPECT_EQ(far->summary.ends_unread, 0U);
    ASSERT_EQ(far->findings.size(), 5U);
    filter.from = far->findings.front().records.front().sequence;
    const auto near = query_page(folder, filter, {.segments = 1, .segments_behind = 0});
    ASSERT_TRUE(near);
    ASSERT_FALSE(near->findings.empty());
    EXPECT_EQ(near->findings.front().records.size(), 1U);
    EXPECT_EQ(near->summary.ends_unread, near->findings.size());
}

TEST_F(QueryPageTest, StopsWhenNobodyWaitsForIt) {
    write(1'200);
    int asked = 0;
    const auto page = query_page(folder, exchanges(), {.stop = [&] { return ++asked == 3; }});
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Errc::aborted);
    EXPECT_EQ(asked, 3);
}

TEST_F(QueryPageTest, KeepsToTheSequencesThatAreAskedFor) {
    write(1'200);
    auto filter = exchanges();
    const auto all = query_page(folder, filter, {});
    ASSERT_TRUE(all);
    ASSERT_EQ(all->findings.size(), 5U);
    filter.from = all->findings[1].records.front().sequence;
    filter.to = all->findings[2].records.front().sequence;
    EXPECT_EQ(whole(pages(filter, {.segments = 1})), "bc+");
}

TEST_F(QueryPageTest, TellsNoPersonalValueUnlessItMay) {
    write(segment_bytes_default);
    auto filter = exchanges();
    const auto lines = [&] {
        const auto page = query_page(folder, filter, {});
        std::string text;
        for (const auto& finding : page->findings)
            for (const auto& line : finding.lines) text += line;
        return text;
    };
    const auto disclosed = lines();
    EXPECT_THAT(disclosed, HasSubstr("\"user\":\""));
    filter.personal = Filter::Personal::committed;
    EXPECT_THAT(lines(), Not(HasSubstr("\"user\":\"")));
    EXPECT_THAT(lines(), HasSubstr("\"user_c\":\""));
}

}  // namespace
}  // namespace sallyport::audit
