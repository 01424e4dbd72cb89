// Segments that somebody has not got yet.
#include "audit/erasure.hpp"
#include "audit/retention.hpp"
#include "audit_fixture.hpp"
#include "tests/unit/audit/aged_segments.hpp"

#include <future>
#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The open segment has 50 bytes.
RetentionPlan plan(const KeepLimits& limits, const Holds& holds) {
    return plan_retention(aged({50, 40, 20, 5}), 50, limits, today, holds);
}

using Names = std::vector<std::string>;

TEST(Holds, KeepWhatSomebodyHasNotGotForSomeTime) {
    struct Case {
        const char* what;
        KeepLimits limits;
        Holds holds;
        std::size_t segments;
        std::size_t held;
        Names held_by;
        Names untaken;
    };
    const Taker all{"siem", 40};
    const Taker some{"siem", 15};
    const Taker none{"siem", 0};
    const Taker witness{"witness prod", 20};
    const KeepLimits old{.age = days(10)};
    const KeepLimits big{.bytes = 250};
    const Case cases[] = {
        {"nobody holds", old, {.days = days(60)}, 3, 0, {}, {}},
        {"it has everything", old, {{all}, days(60)}, 3, 0, {}, {}},
        {"it has half of the second", old, {{some}, days(60)}, 1, 2, {"siem"}, {}},
        {"it has nothing", old, {{none}, days(60)}, 0, 3, {"siem"}, {}},
        {"the first one that is held counts", old, {{some, witness}, days(60)}, 1, 2, {"siem"}, {}},
        {"two wait for the same", old, {{none, {"b", 9}}, days(60)}, 0, 3, {"siem", "b"}, {}},
        {"a segment that it has to its end goes",
         old,
         {{witness}, days(60)},
         2,
         1,
         {"witness prod"},
         {}},
        {"long enough: 10 and 30 days", old, {{none}, days(30)}, 2, 1, {"siem"}, {"siem"}},
        {"to the day", old, {{none}, days(40)}, 1, 2, {"siem"}, {"siem"}},
        {"not a day less", old, {{none}, days(41)}, 0, 3, {"siem"}, {}},
        {"nothing is held", old, {{none}, days(0)}, 3, 0, {}, {"siem"}},
        {"the disk needs the room", old, {{none}, days(60), true}, 3, 0, {}, {"siem"}},
        {"but what may be kept is kept", {}, {{none}, days(60), true}, 0, 0, {}, {}},
        {"too large, but not twice", big, {{none}, days(60)}, 0, 2, {"siem"}, {}},
        {"twice too large", {.bytes = 200}, {{none}, days(60)}, 1, 2, {"siem"}, {"siem"}},
        {"and not held", {.bytes = 200}, {{none}, days(0)}, 3, 0, {}, {"siem"}},
    };
    for (const auto& each : cases) {
        const auto made = plan(each.limits, each.holds);
        EXPECT_EQ(made.segments, each.segments) << each.what;
        EXPECT_EQ(made.held, each.held) << each.what;
        EXPECT_EQ(made.held_by, each.held_by) << each.what;
        EXPECT_EQ(made.untaken, each.untaken) << each.what;
    }
}

TEST(Holds, PersonalValuesWaitForNobody) {
    const auto made = plan({.age = days(45), .disclosure_age = days(10)},
                           {.takers = {{"siem", 0}}, .days = days(60)});
    EXPECT_EQ(made.segments, 0U);
    EXPECT_EQ(made.disclosures, 3U);
}

TEST(Holds, OneWitnessIsEnough) {
    const auto knows = [](std::string_view name) -> std::uint64_t { return name == "b" ? 9 : 4; };
    EXPECT_THAT(takers_of({}, knows), IsEmpty());
    const auto takers =
        takers_of({.targets = {{"forward siem", 3}}, .witnesses = {"a", "b"}}, knows);
    ASSERT_EQ(takers.size(), 2U);
    EXPECT_EQ(takers[0].from, 3U);
    EXPECT_EQ(takers[1].name, "witness a or b");
    EXPECT_EQ(takers[1].from, 9U);
}

class HeldTest : public AuditTest {
protected:
    std::unique_ptr<Log> keeping(Retention retention) {
        auto with = settings();
        with.retention = retention;
        with.takers = [this] { return takers; };
        return open(std::move(with));
    }
    std::vector<Sequence> firsts() const {
        std::vector<Sequence> all;
        for (const auto& segment : *list_segments(folder)) all.push_back(segment.first);
        return all;
    }
    std::vector<Record> pruned() const {
        auto all = records();
        std::erase_if(all, [](const Record& record) { return record.event != "log.pruned"; });
        return all;
    }

    Takers takers;
};

TEST_F(HeldTest, ASegmentStaysUntilItWasTakenAndStatusSaysWhoHoldsIt) {
    takers.targets = {{"forward siem", 0}};
    const auto log = keeping({.days = 1});
    log->look_after();
    write_days(*log, 4);
    const auto there = firsts();
    log->look_after();
    EXPECT_EQ(firsts(), there);
    EXPECT_EQ(log->storage().held, 2U);
    EXPECT_THAT(log->storage().held_by, ElementsAre("forward siem"));
    takers.targets[0].from = there[1];
    log->look_after();
    EXPECT_EQ(firsts().front(), there[1]);
    EXPECT_EQ(log->storage().held, 1U);
    takers.targets.clear();
    log->look_after();
    EXPECT_EQ(firsts().front(), there[2]);
    EXPECT_EQ(log->storage().held, 0U);
    for (const auto& record : pruned()) EXPECT_EQ(record.text("untaken"), "");
}

TEST_F(HeldTest, WhatIsDeletedThoughItWasNotTakenIsOnRecord) {
    takers.targets = {{"forward siem", 0}, {"forward store", 1}};
    const auto log = keeping({.days = 1, .hold_days = 1});
    log->look_after();
    write_days(*log, 4);
    log->look_after();
    const auto told = pruned();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].number("segments"), 1U);
    EXPECT_EQ(told[0].text("untaken"), "forward siem, forward store");
}

TEST_F(HeldTest, AFullDiskHoldsNothing) {
    takers.targets = {{"forward siem", 0}};
    const auto log = keeping({.days = 1});
    log->look_after();
    write_days(*log, 4);
    disk.free_bytes = 10'000'000'001;
    EXPECT_EQ(log->retain({}, "uid:0")->held, 2U);
    disk.free_bytes = 10'000'000'000;  // of a hundred
    EXPECT_EQ(log->retain({}, "uid:0")->segments, 2U);
    log->look_after();
    ASSERT_EQ(pruned().size(), 1U);
    EXPECT_EQ(pruned()[0].text("untaken"), "forward siem");
}

TEST_F(HeldTest, WhatNoWitnessHasCountersignedStays) {
    takers.witnesses = {"prod", "other"};
    auto log = keeping({.days = 1});
    log->look_after();
    write_days(*log, 4);
    log->look_after();
    EXPECT_EQ(log->storage().held, 2U);
    EXPECT_THAT(log->storage().held_by, ElementsAre("witness prod or other"));
    // What a witness has countersigned before the start is known from the file.
    ASSERT_TRUE(replace_file(folder / "witnesses", std::to_string(firsts()[2]) + " other\n", 0640));
    log.reset();
    const auto again = keeping({.days = 1});
    EXPECT_EQ(again->retain({}, "uid:0")->segments, 2U);
}

TEST_F(HeldTest, ACommandThatComesWhileAnotherIsAtWorkDoesNotWait) {
    std::unique_ptr<Log> log;
    int refused = 0;
    auto with = settings();
    with.takers = [&] {  // asked in the midst of the first one
        const auto expect_refused = [&](auto command) {
            const auto done = std::async(std::launch::async, command).get();
            if (!done && done.error().code == Errc::unavailable) ++refused;
        };
        expect_refused([&] { return log->retain({}, "uid:1"); });
        expect_refused([&] { return log->change_key("uid:1"); });
        expect_refused([&] { return log->erase({.subject = "jane"}, "uid:1"); });
        return Takers();
    };
    log = open(std::move(with));
    write_days(*log, 2);
    EXPECT_TRUE(log->retain({.keep_days = 0}, "uid:0"));
    EXPECT_EQ(refused, 3);
    EXPECT_TRUE(log->change_key("uid:0"));
}

TEST_F(HeldTest, APlanSaysWhoHoldsWhat) {
    takers.targets = {{"forward siem", 0}};
    const auto log = keeping({.days = 0});
    write_days(*log, 3);
    const auto plan = log->retain({.keep_days = 0}, "uid:0");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->segments, 0U);
    EXPECT_EQ(plan->held, 2U);
    EXPECT_THAT(plan->held_by, ElementsAre("forward siem"));
}

}  // namespace
}  // namespace sallyport::audit
