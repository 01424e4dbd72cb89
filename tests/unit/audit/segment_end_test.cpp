// When a segment ends, and what stands at its end.
#include "audit/segment_day.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;

WallTime at(std::string_view text) { return *parse_rfc3339(text); }

TEST(SegmentDay, IsOverWithTheNextDayInUtc) {
    SegmentDay day;
    EXPECT_FALSE(day.is_over(at("2025-03-01T12:00:00Z"))) << "the first one begins it";
    EXPECT_FALSE(day.is_over(at("2025-03-01T23:59:59.999999Z")));
    EXPECT_TRUE(day.is_over(at("2025-03-02T00:00:00Z")));
    EXPECT_TRUE(day.is_over(at("2025-03-02T00:30:00+00:00")));
}

TEST(SegmentDay, AClockSetBackAcrossMidnightDoesNotFlap) {
    SegmentDay day;
    day.start(at("2025-03-02T00:00:01Z"));
    EXPECT_FALSE(day.is_over(at("2025-03-01T23:59:59Z")));
    EXPECT_FALSE(day.is_over(at("2025-03-02T00:00:00Z")));
    EXPECT_TRUE(day.is_over(at("2025-03-03T00:00:00Z")));
}

TEST(SegmentDay, AClockThatHadBeenYearsAheadIsForgotten) {
    SegmentDay day;
    day.start(at("2099-01-01T00:00:00Z"));
    EXPECT_FALSE(day.is_over(at("2025-03-01T12:00:00Z")));
    EXPECT_TRUE(day.is_over(at("2025-03-02T00:00:00Z")));
}

class SegmentEndTest : public AuditTest {
protected:
    std::vector<Segment> segments() const { return *list_segments(folder); }
    Record last_of(const Segment& segment) const {
        Record last;
        auto lines = LineReader::open(segment.path);
        while (lines) {
            const auto line = lines->next();
            if (!line || !*line) break;
            last = *parse_record((*line)->bytes);
        }
        return last;
    }
    void expect_good() const {
        const auto report = verify(folder);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->good()) << report->problems.front().text;
    }
};

TEST_F(SegmentEndTest, EverySegmentButTheLastIsSealed) {
    auto with = settings();
    with.segment_bytes_max = 1500;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) log->append(LinkUp{.link = "1.1"});
        ASSERT_TRUE(log->write());
    }
    const auto all = segments();
    ASSERT_GT(all.size(), 3U);
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        const auto last = last_of(all[i]);
        EXPECT_EQ(last.event, "segment.sealed");
        EXPECT_EQ(last.text("reason"), "size");
        EXPECT_EQ(last.number("records"), all[i + 1].first - all[i].first);
    }
    EXPECT_EQ(last_of(all.back()).event, "log.closed");
    expect_good();
}

TEST_F(SegmentEndTest, ANewDayOpensANewSegmentAlsoAfterAStart) {
    {
        const auto log = open();
        clock.pass(12h);
        log->append(LinkUp{});
        log->append(LinkDown{});
    }
    clock.pass(24h);
    { open(); }
    EXPECT_EQ(events(),
              (std::vector<std::string>{"log.opened", "segment.sealed", "segment.opened", "link.up",
                                        "link.down", "log.closed", "segment.sealed",
                                        "segment.opened", "log.opened", "log.closed"}));
    ASSERT_EQ(segments().size(), 3U);
    EXPECT_EQ(last_of(segments()[1]).text("reason"), "day");
    expect_good();
}

TEST_F(SegmentEndTest, ARestartOnTheSameDayGoesOnInTheSegment) {
    { open(); }
    clock.pass(11h);
    { open(); }
    EXPECT_EQ(segments().size(), 1U);
}

TEST_F(SegmentEndTest, AfterACrashBetweenTheSegmentsTheNextOneIsOpened) {
    std::filesystem::path killed;
    auto with = settings();
    with.segment_bytes_max = 300;
    {
        const auto log = open(with);
        log->append(LinkUp{});
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    folder = killed;
    const auto all = segments();
    for (std::size_t i = 1; i < all.size(); ++i) std::filesystem::remove(all[i].path);
    ASSERT_EQ(last_of(all[0]).event, "segment.sealed");
    { open(); }
    const auto after = segments();
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(last_of(after[0]).sequence, 1U) << "not sealed twice";
    EXPECT_EQ(after[1].first, 2U);
    expect_good();
}

TEST_F(SegmentEndTest, VerifySeesWhatStandsBehindTheEndOfASegment) {
    auto with = settings();
    with.segment_bytes_max = 300;
    {
        const auto log = open(with);
        log->append(LinkUp{});
        ASSERT_TRUE(log->write());
    }
    const auto second = segments()[1];
    const auto text = *read_file(first_segment()) + *read_file(second.path);
    for (const auto& segment : segments()) std::filesystem::remove(segment.path);
    set_content(text);
    const auto report = verify(folder);
    ASSERT_TRUE(report && !report->good());
    EXPECT_NE(report->problems[0].text.find("behind the one that ended"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::audit
