#include "audit/retention.hpp"

#include "audit/prune.hpp"
#include "audit_fixture.hpp"
#include "tests/unit/audit/aged_segments.hpp"

#include <chrono>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using ::testing::ElementsAre;

TEST(RetentionPlan, OnlyTheOldestGoUpToTheFirstThatStays) {
    struct Case {
        KeepLimits limits;
        std::size_t segments;
        std::string_view reason;
    };
    const Case cases[] = {{{}, 0, ""},
                          {{.age = days(365)}, 0, ""},
                          {{.age = days(30)}, 1, "age"},
                          {{.age = days(10)}, 3, "age"},
                          {{.age = days(0)}, 4, "age"},
                          {{.bytes = 450}, 0, ""},
                          {{.bytes = 449}, 1, "size"},
                          {{.bytes = 0}, 4, "size"},
                          {{.age = days(30), .bytes = 250}, 2, "size"}};
    const auto segments = aged({40, 20, 20, 5});
    for (const auto& [limits, count, reason] : cases) {
        const auto plan = plan_retention(segments, 50, limits, today);
        EXPECT_EQ(plan.segments, count) << limits.text();
        EXPECT_EQ(plan.bytes, count * 100);
        EXPECT_EQ(plan.reason, reason);
        EXPECT_EQ(plan.disclosures, 0U);
    }
}

TEST(RetentionPlan, AYoungSegmentKeepsWhatIsBehindIt) {
    // The clock had been wrong while the first one was written.
    EXPECT_EQ(plan_retention(aged({1, 40}), 0, {.age = days(30)}, today).segments, 0U);
}

TEST(RetentionPlan, DisclosuresMayGoEarlierThanTheirRecords) {
    auto segments = aged({40, 20, 20, 5});
    segments[1].disclosures = false;
    const auto plan =
        plan_retention(segments, 0, {.age = days(30), .disclosure_age = days(10)}, today);
    EXPECT_EQ(plan.segments, 1U);
    EXPECT_EQ(plan.disclosures, 1U) << "the second one has none any more";
    EXPECT_EQ(plan.disclosed_from, 3U);
    EXPECT_TRUE(plan_retention(aged({1}), 0, {.disclosure_age = days(10)}, today).empty());
}

TEST(KeepLimits, SayWhatTheyAre) {
    EXPECT_EQ(KeepLimits::of({.days = 0}).text(), "for ever");
    EXPECT_EQ(KeepLimits::of({.days = 365, .bytes = 9, .disclosure_days = 30}).text(),
              "days=365 bytes=9 disclosure_days=30");
}

TEST(ClockTrust, WaitsAfterAStartAndLongerAfterAJump) {
    ClockTrust trust;
    Instant now{.wall = today, .mono = 5h};
    const auto pass = [&](std::chrono::nanoseconds time) {
        now.mono += time;
        now.wall += std::chrono::duration_cast<std::chrono::microseconds>(time);
        return trust.observe(now);
    };
    EXPECT_FALSE(trust.observe(now));
    EXPECT_FALSE(pass(59min));
    EXPECT_TRUE(pass(1min));
    now.wall += 30min;
    EXPECT_TRUE(pass(10s)) << "an hour at least";
    now.wall += days(365 * 50);
    EXPECT_FALSE(pass(10s));
    now.wall -= days(365 * 50);
    EXPECT_FALSE(pass(10s)) << "the way back is a jump, too";
    EXPECT_FALSE(pass(23h));
    EXPECT_TRUE(pass(1h));
}

class PruneTest : public AuditTest {
protected:
    PruneTest() { std::filesystem::create_directory(folder); }
    void put(const std::string& name) { ASSERT_TRUE(replace_file(folder / name, "12345", 0640)); }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            all.push_back(entry.path().filename().string().substr(18));
        std::ranges::sort(all);
        return all;
    }
    static std::string numbered(int number) {
        return std::string(19, '0') + std::to_string(number);
    }
};

TEST_F(PruneTest, AllFilesOfASegmentGoAndNoOthers) {
    for (const int number : {0, 3, 7})
        for (const auto* end : {".jsonl.gz", ".cp", ".pii", ".jsonl.5.torn"})
            put(numbered(number) + end);
    std::filesystem::rename(folder / (numbered(7) + ".jsonl.gz"),
                            folder / (numbered(7) + ".jsonl"));
    put("123456789012345678vkeys");
    const auto found = survey(folder);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 3U);
    EXPECT_EQ(found->at(3).bytes, 20U);
    EXPECT_TRUE(found->at(3).disclosures);
    ASSERT_TRUE(remove_disclosures_before(folder, 3));
    EXPECT_FALSE(survey(folder)->at(0).disclosures);
    ASSERT_TRUE(remove_before(folder, 7));
    EXPECT_THAT(names(), ElementsAre("07.cp", "07.jsonl", "07.jsonl.5.torn", "07.pii", "vkeys"));
    ASSERT_TRUE(remove_before(folder, 7)) << "nothing to do";
}

TEST_F(PruneTest, WhatACrashLeftOfASegmentGoesTheNextTime) {
    put(numbered(0) + ".cp");
    put(numbered(3) + ".jsonl");
    ASSERT_TRUE(remove_before(folder, 3));
    EXPECT_THAT(names(), ElementsAre("03.jsonl"));
}

}  // namespace
}  // namespace sallyport::audit
