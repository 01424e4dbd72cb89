#include "hub/witness_successor.hpp"

#include "hub/witness_decision.hpp"
#include "hub_fixture.hpp"
#include "tests/support/test_audit_log.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using test::TestAuditLog;
using ::testing::HasSubstr;

/// An agent whose log the hub has countersigned up to 10 records.
class Successors : public testing::Test {
protected:
    Successors() {
        log_.append(20);
        next_.append(20);
        decide(own_, nullptr, log_.offer(0, 10), witness_, now);
    }

    certs::Restored restored(std::uint64_t size) const {
        return {.origin = "sallyport/aa",
                .size = size,
                .root = size == 0 ? "" : root_of(log_, size),
                .next_origin = "sallyport/bb",
                .next_key = next_.key().verifier().to_text()};
    }
    static std::string root_of(const TestAuditLog& log, std::uint64_t size) {
        const auto note = tlog::Note::parse(log.offer(0, size).note);
        return tlog::to_text(tlog::Checkpoint::parse(note->text)->root);
    }

    tlog::Cosigner witness_ = *tlog::Cosigner::create("hub/witness", TestAuditLog::new_key());
    TestAuditLog log_{"sallyport/aa"};
    TestAuditLog next_{"sallyport/bb"};
    AgentLogs own_{{"t1", "berlin"}};
};

TEST_F(Successors, WhatWasCountersignedAndIsNotInTheBackupIsCounted) {
    const std::pair<std::uint64_t, const char*> cases[] = {
        {9, "1 record after them, which the hub has countersigned, are not in it"},
        {4, "6 records after them"},
        {10, "all that the hub has countersigned of it is there"},
        {15, "all that the hub has countersigned of it is there"}};
    for (const auto& [size, said] : cases) {
        auto own = own_;
        const auto succession = expect_successor(own, false, restored(size), now);
        EXPECT_TRUE(succession.accepted) << succession.text;
        EXPECT_THAT(succession.text, HasSubstr(said));
        ASSERT_EQ(own.logs.size(), 2u);
    }
}

TEST_F(Successors, TheLogThatWasNamedBeginsWithoutAnAlarmAndTheOldOneIsLeft) {
    ASSERT_TRUE(expect_successor(own_, false, restored(9), now).accepted);
    auto decision = decide(own_, nullptr, next_.offer(0, 3), witness_, now);
    EXPECT_TRUE(std::holds_alternative<tunnel::Cosigned>(decision.answer));
    EXPECT_TRUE(decision.raised.empty());
    EXPECT_TRUE(own_.alarms.empty());
    EXPECT_EQ(own_.logs.back().size, 3u);
    // The old machine, or its folder on another one: a roll-back as ever.
    decision = decide(own_, nullptr, log_.offer(10, 12), witness_, now);
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(decision.answer).code, "rollback");
    EXPECT_EQ(decision.raised.size(), 1u);
}

TEST_F(Successors, AnotherLogThanTheOneThatWasNamedIsANewOne) {
    ASSERT_TRUE(expect_successor(own_, false, restored(9), now).accepted);
    TestAuditLog other("sallyport/cc");
    other.append(5);
    const auto decision = decide(own_, nullptr, other.offer(0, 3), witness_, now);
    ASSERT_EQ(decision.raised.size(), 1u);
    EXPECT_EQ(decision.raised.front().alarm.code, "new_log");
}

TEST_F(Successors, AnotherKeyThanTheOneThatWasNamedIsRefused) {
    ASSERT_TRUE(expect_successor(own_, false, restored(9), now).accepted);
    TestAuditLog forged("sallyport/bb");
    forged.append(5);
    const auto decision = decide(own_, nullptr, forged.offer(0, 3), witness_, now);
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(decision.answer).code, "unknown_key");
}

TEST_F(Successors, WhatContradictsWhatTheHubKnowsIsNotExpected) {
    const auto refused = [&](certs::Restored said, bool is_anothers = false) {
        auto own = own_;
        const auto succession = expect_successor(own, is_anothers, said, now);
        EXPECT_FALSE(succession.accepted) << succession.text;
        EXPECT_EQ(own, own_);
        return succession.text;
    };
    auto forked = restored(10);
    forked.root = root_of(log_, 9);
    EXPECT_THAT(refused(forked), HasSubstr("is not the one that the hub has countersigned"));
    auto unknown = restored(9);
    unknown.origin = "sallyport/zz";
    EXPECT_THAT(refused(unknown), HasSubstr("does not know the log in the backup"));
    EXPECT_THAT(refused(restored(0)), HasSubstr("no log in the backup"));
    auto known = restored(9);
    known.next_origin = "sallyport/aa";
    known.next_key = log_.key().verifier().to_text();
    EXPECT_THAT(refused(known), HasSubstr("known already"));
    auto odd = restored(9);
    odd.next_key = "x";
    EXPECT_THAT(refused(odd), HasSubstr("another agent's"));
    EXPECT_THAT(refused(restored(9), true), HasSubstr("another agent's"));
}

TEST_F(Successors, OfAnAgentWithoutLogsAnyMayFollow) {
    AgentLogs fresh{{"t1", "bonn"}};
    EXPECT_TRUE(expect_successor(fresh, false, restored(0), now).accepted);
    EXPECT_EQ(fresh.logs.size(), 1u);
}

TEST_F(Successors, NoMoreLogsAreKeptThanEver) {
    for (std::size_t i = 0; i < 2 * logs_per_agent_max; ++i) {
        const auto origin = "sallyport/n" + std::to_string(i);
        const TestAuditLog log(origin);
        auto said = restored(9);
        said.next_origin = origin;
        said.next_key = log.key().verifier().to_text();
        expect_successor(own_, false, said, now);
        EXPECT_LE(own_.logs.size(), logs_per_agent_max);
    }
}

}  // namespace
}  // namespace sallyport::hub
