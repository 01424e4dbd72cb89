#include "audit/entry.hpp"

#include "audit_fixture.hpp"

namespace sallyport::audit {
namespace {

class EntryTest : public AuditTest {};

TEST_F(EntryTest, ClosesWithTheOutcomeItIsGivenFirst) {
    {
        const auto log = open();
        Entry entry(*log, begin("a"));
        EXPECT_EQ(entry.begin(), 1U);
        entry.add_request_bytes(3);
        entry.add_request_bytes(4);
        entry.add_response_bytes(5);
        EXPECT_EQ(entry.close({.outcome = outcome::answered, .status = 204}), 2U);
        EXPECT_EQ(entry.close({.outcome = outcome::failed}), not_recorded);
    }
    ASSERT_EQ(events().size(), 4U);
    const auto end = records()[2];
    EXPECT_EQ(end.text("outcome"), "answered");
    EXPECT_EQ(end.number("begin"), 1U);
    EXPECT_EQ(end.number("request_bytes"), 7U);
    EXPECT_EQ(end.number("response_bytes"), 5U);
    EXPECT_EQ(end.text("path"), "") << "stands in the begin";
}

TEST_F(EntryTest, ARefusalSaysWhoAskedForWhat) {
    {
        const auto log = open();
        Entry entry(*log, {.exchange = "a", .path = "/secret"});
        entry.exchange().user = "jane";
        entry.close({.outcome = outcome::refused, .status = 403, .reason = "no rule"});
    }
    const auto end = records()[1];
    EXPECT_EQ(end.text("outcome"), "refused");
    EXPECT_EQ(end.text("user"), "jane");
    EXPECT_EQ(end.text("path"), "/secret");
    EXPECT_FALSE(end.number("begin"));
}

TEST_F(EntryTest, AnEndWhoseBeginIsNotOnRecordSaysWhoAskedForWhat) {
    auto with = settings();
    with.on_failure = OnFailure::degrade;
    {
        const auto log = open(with);
        disk.writes_left = 0;
        log->append(begin("a"));
        EXPECT_FALSE(log->write());
        Entry entry(*log, begin("b"));
        EXPECT_EQ(entry.begin(), not_recorded);
        disk.writes_left = 100;
        ASSERT_TRUE(log->repair());
        entry.close({.outcome = outcome::answered, .status = 200});
    }
    const auto all = records();
    const auto& end = all[all.size() - 2];
    EXPECT_EQ(end.text("exchange"), "b");
    EXPECT_EQ(end.text("user"), "jane@corp.example");
    EXPECT_EQ(end.text("path"), "/sap/opu/odata/Set");
    EXPECT_FALSE(end.number("begin"));
}

TEST_F(EntryTest, ClosesAsAbortedWhenItIsDropped) {
    {
        const auto log = open();
        const auto drop = [&log] {
            Entry entry(*log, begin("a"));
            entry.begin();
        };
        drop();
    }
    EXPECT_EQ(records()[2].text("outcome"), "aborted");
}

}  // namespace
}  // namespace sallyport::audit
