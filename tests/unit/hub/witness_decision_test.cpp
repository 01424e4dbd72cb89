#include "hub/witness_decision.hpp"

#include "hub_fixture.hpp"
#include "tests/support/test_audit_log.hpp"
#include "tlog/witness.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using test::TestAuditLog;

class WitnessDecisions : public testing::Test {
protected:
    WitnessDecisions() { log_.append(20); }

    /// "cosigned" or the code of the refusal.
    std::string offer(const tunnel::Checkpoint& offer, TimePoint at = now) {
        last_ = decide(own_, nullptr, offer, witness_, at);
        if (const auto* no = std::get_if<tunnel::WitnessRefused>(&last_.answer)) return no->code;
        return "cosigned";
    }
    /// The codes of the alarms about a log.
    std::string alarm(std::size_t log = 0) const { return alarms(own_, logs_.at(log).origin); }
    static std::string alarms(const AgentLogs& known, std::string_view log) {
        std::string codes;
        for (const auto& alarm : known.alarms)
            if (alarm.log == log) codes += (codes.empty() ? "" : " ") + alarm.code;
        return codes;
    }
    std::uint64_t known_size() const { return std::get<tunnel::WitnessRefused>(last_.answer).size; }

    tlog::Cosigner witness_ = *tlog::Cosigner::create("hub/witness", TestAuditLog::new_key());
    TestAuditLog log_{"sallyport/aa"};
    AgentLogs own_{{"t1", "berlin"}};
    std::vector<KnownLog>& logs_ = own_.logs;
    WitnessDecision last_;
};

TEST_F(WitnessDecisions, TheFirstLogOfAnAgentIsBelievedAndCountersignedWithItsTime) {
    EXPECT_EQ(offer(log_.offer(0, 5)), "cosigned");
    const auto& said = std::get<tunnel::Cosigned>(last_.answer);
    EXPECT_EQ(said.size, 5U);
    EXPECT_EQ(said.witness, witness_.verifier().to_text());
    ASSERT_EQ(logs_.size(), 1U);
    EXPECT_TRUE(own_.alarms.empty());
    const auto note = tlog::Note::parse(logs_[0].note);
    const auto lines = tlog::parse_signatures(said.lines);
    ASSERT_TRUE(note && lines && lines->size() == 1);
    EXPECT_TRUE(tlog::verify(witness_.verifier(), note->text, lines->front()));
    EXPECT_EQ(tlog::cosignature_time(lines->front()).value(), 1'800'000'000U);
    const tlog::VerifierKey both[] = {log_.key().verifier(), witness_.verifier()};
    EXPECT_EQ(note->verify(both)->size(), 2U);
}

TEST_F(WitnessDecisions, WhatGoesOnFromThereIsCountersignedAlsoTwice) {
    EXPECT_EQ(offer(log_.offer(0, 5)), "cosigned");
    EXPECT_EQ(offer(log_.offer(5, 13)), "cosigned");
    EXPECT_EQ(offer(log_.offer(13, 13)), "cosigned");
    EXPECT_EQ(logs_[0].size, 13U);
    EXPECT_EQ(alarm(), "");
}

TEST_F(WitnessDecisions, WhoGoesOnFromElsewhereIsToldFromWhereWithoutAnAlarm) {
    EXPECT_EQ(offer(log_.offer(4, 9)), "stale");
    EXPECT_EQ(known_size(), 0U);
    EXPECT_TRUE(logs_.empty());
    EXPECT_EQ(offer(log_.offer(0, 9)), "cosigned");
    EXPECT_EQ(offer(log_.offer(4, 12)), "stale");
    EXPECT_EQ(known_size(), 9U);
    EXPECT_EQ(alarm(), "");
}

TEST_F(WitnessDecisions, AShorterLogRaisesAnAlarmAndChangesNothingElse) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    const auto before = logs_[0];
    EXPECT_EQ(offer(log_.offer(4, 9)), "rollback");
    EXPECT_EQ(known_size(), 12U);
    EXPECT_EQ(alarm(), "rollback");
    EXPECT_EQ(last_.raised.size(), 1U);
    EXPECT_EQ(logs_[0].note, before.note);
    EXPECT_EQ(logs_[0].size, before.size);
}

TEST_F(WitnessDecisions, AnotherTreeRaisesAnAlarm) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    auto offered = log_.offer(12, 15);
    offered.proof[0] = tlog::to_text(tlog::leaf_hash({}));
    EXPECT_EQ(offer(offered), "bad_proof");
    EXPECT_EQ(alarm(), "bad_proof");
}

TEST_F(WitnessDecisions, TheSameSizeWithAnotherRootIsAFork) {
    EXPECT_EQ(offer(log_.offer(0, 20)), "cosigned");
    const auto& key = log_.key();
    tlog::Note note{tlog::Checkpoint{key.verifier().name(), 20, tlog::leaf_hash({}), {}}.to_text(),
                    {}};
    note.add(*key.sign(note.text));
    EXPECT_EQ(offer({note.to_text(), 20, {}, {key.verifier().to_text()}}), "fork");
    EXPECT_EQ(alarm(), "fork");
}

TEST_F(WitnessDecisions, NobodyWithoutTheKeyGoesOnWithALog) {
    EXPECT_EQ(offer(log_.offer(0, 5)), "cosigned");
    TestAuditLog thief(log_.key().verifier().name());
    thief.append(20);
    EXPECT_EQ(offer(thief.offer(5, 12)), "unknown_key");
    EXPECT_EQ(alarm(), "unknown_key");
    EXPECT_EQ(logs_.size(), 1U);
    EXPECT_EQ(logs_[0].size, 5U);
}

TEST_F(WitnessDecisions, AKeyThatSignsBesideTheKnownOneFollowsIt) {
    EXPECT_EQ(offer(log_.offer(0, 5)), "cosigned");
    log_.change_key();
    EXPECT_EQ(offer(log_.offer(5, 9)), "unknown_key");
    EXPECT_EQ(offer(log_.offer(5, 9, 2)), "cosigned");
    EXPECT_EQ(logs_[0].keys, std::vector{log_.key().verifier().to_text()});
    EXPECT_EQ(offer(log_.offer(9, 12)), "cosigned");
}

TEST_F(WitnessDecisions, AKeyThatTheKnownOneDoesNotNameDoesNotFollowIt) {
    EXPECT_EQ(offer(log_.offer(0, 5)), "cosigned");
    const auto known = logs_[0].keys;
    log_.change_key();
    EXPECT_EQ(offer(log_.offer(5, 9, 2, TestAuditLog::Names::nobody)), "cosigned");
    EXPECT_EQ(logs_[0].keys, known);
    EXPECT_EQ(offer(log_.offer(9, 12)), "unknown_key");
}

TEST_F(WitnessDecisions, ANewLogIsCountersignedWithAnAlarmAndTheOldOneMayNotReturn) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    TestAuditLog next("sallyport/bb");
    next.append(3);
    EXPECT_EQ(offer(next.offer(0, 2)), "cosigned");
    ASSERT_EQ(logs_.size(), 2U);
    EXPECT_EQ(alarm(1), "new_log");
    ASSERT_EQ(last_.raised.size(), 1U);
    EXPECT_EQ(last_.raised[0].alarm.text,
              "the agent has begun the log sallyport/bb and left sallyport/aa at 12 records");
    EXPECT_EQ(offer(next.offer(2, 3)), "cosigned");
    EXPECT_EQ(alarm(1), "new_log");
    EXPECT_EQ(offer(log_.offer(12, 15)), "rollback");
    EXPECT_EQ(alarm(0), "rollback");
    EXPECT_EQ(logs_[0].size, 12U);
}

TEST_F(WitnessDecisions, WhoMakesEverNewLogsPushesNothingOut) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    std::size_t accepted = 0;
    for (int i = 0; i < 10; ++i) {
        TestAuditLog more("sallyport/" + std::to_string(i));
        more.append(1);
        if (offer(more.offer(0, 1)) == "cosigned") ++accepted;
    }
    EXPECT_EQ(accepted, logs_with_alarm_max);
    EXPECT_EQ(logs_.size(), 1 + logs_with_alarm_max);
    EXPECT_EQ(offer(TestAuditLog("sallyport/x").offer(0, 0)), "limit");
}

TEST_F(WitnessDecisions, AnAdministratorWhoAcceptsThemKeepsTheNewest) {
    for (std::size_t i = 0; i < logs_per_agent_max + 5; ++i) {
        TestAuditLog more("sallyport/" + std::to_string(i));
        more.append(1);
        EXPECT_EQ(offer(more.offer(0, 1)), "cosigned");
        own_.alarms.clear();
    }
    EXPECT_EQ(logs_.size(), logs_per_agent_max);
    EXPECT_EQ(logs_.front().origin, "sallyport/5");
}

TEST_F(WitnessDecisions, TheSameAlarmIsWrittenOnceAMinute) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    EXPECT_EQ(offer(log_.offer(0, 9)), "rollback");
    EXPECT_EQ(offer(log_.offer(0, 9), now + 59s), "rollback");
    EXPECT_TRUE(last_.raised.empty());
    EXPECT_EQ(own_.alarms[0].count, 1U);
    EXPECT_EQ(offer(log_.offer(0, 9), now + 60s), "rollback");
    EXPECT_EQ(last_.raised.size(), 1U);
    EXPECT_EQ(own_.alarms[0].count, 2U);
}

TEST_F(WitnessDecisions, AlarmsOfTwoKindsStandBesideEachOtherAndEachIsWrittenOnceAMinute) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    TestAuditLog thief(log_.key().verifier().name());
    thief.append(20);
    std::size_t told = 0;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(offer(log_.offer(0, 9), now + 1s * i), "rollback");
        told += last_.raised.size();
        EXPECT_EQ(offer(thief.offer(12, 15), now + 1s * i), "unknown_key");
        told += last_.raised.size();
    }
    EXPECT_EQ(told, 2U);
    EXPECT_EQ(alarm(), "rollback unknown_key");
}

TEST_F(WitnessDecisions, ALogIsOneAgentsAndIsCountersignedForNobodyElse) {
    EXPECT_EQ(offer(log_.offer(0, 12)), "cosigned");
    const auto before = logs_;
    AgentLogs thief{{"t2", "paris"}};
    // With the key of the log, and another history of it.
    const auto stolen = decide(thief, &own_, log_.offer(0, 5), witness_, now);
    ASSERT_TRUE(std::holds_alternative<tunnel::WitnessRefused>(stolen.answer));
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(stolen.answer).code, "unknown_log");
    EXPECT_TRUE(thief.logs.empty());
    EXPECT_EQ(logs_, before);
    EXPECT_EQ(alarms(thief, {}), "unknown_log");
    EXPECT_EQ(alarm(), "claimed");
    ASSERT_EQ(stolen.raised.size(), 2U);
    EXPECT_EQ(stolen.raised[0].agent, thief.agent);
    EXPECT_EQ(stolen.raised[1].agent, own_.agent);
    EXPECT_NE(stolen.raised[1].alarm.text.find("paris of tenant t2"), std::string::npos);
    EXPECT_NE(stolen.raised[1].alarm.text.find("with the key of the log"), std::string::npos);
    // The refusal tells nothing of whose it is.
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(stolen.answer).text,
              "the log sallyport/aa is another agent's");
    // With a key of its own.
    TestAuditLog forged("sallyport/aa");
    forged.append(20);
    const auto again = decide(thief, &own_, forged.offer(0, 9), witness_, now + alarm_pause);
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(again.answer).code, "unknown_log");
    EXPECT_EQ(logs_, before);
    ASSERT_EQ(again.raised.size(), 2U);
    EXPECT_NE(again.raised[1].alarm.text.find("with another key"), std::string::npos);
    EXPECT_EQ(offer(log_.offer(12, 15)), "cosigned");
}

TEST_F(WitnessDecisions, WhatIsNoOfferIsMalformed) {
    auto good = log_.offer(0, 5);
    auto no_note = good;
    no_note.note = "x";
    auto no_hash = good;
    no_hash.proof = {"AAAA"};
    auto no_key = good;
    no_key.keys.clear();
    auto foreign_key = good;
    foreign_key.keys = {TestAuditLog("sallyport/zz").key().verifier().to_text()};
    auto witness_key = good;
    witness_key.keys = {witness_.verifier().to_text()};
    for (const auto& bad : {no_note, no_hash, no_key, foreign_key, witness_key})
        EXPECT_EQ(offer(bad), "malformed") << bad.note;
    EXPECT_TRUE(logs_.empty());
    // And one that nobody signed is no log, nor an alarm.
    TestAuditLog other(log_.key().verifier().name());
    good.keys = {other.key().verifier().to_text()};
    EXPECT_EQ(offer(good), "unknown_key");
    EXPECT_TRUE(last_.raised.empty());
    EXPECT_TRUE(logs_.empty());
}

}  // namespace
}  // namespace sallyport::hub
