#include "hub/witness.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/witness_key.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_audit_log.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

const AgentKey known_agent{"t1", "berlin"};

mode_t mode_of(const std::filesystem::path& file) {
    struct stat status {};
    EXPECT_EQ(::stat(file.c_str(), &status), 0);
    return status.st_mode & 0777;
}

KnownLog log_named(std::string origin) {
    return {.origin = std::move(origin),
            .keys = {"a+01020304+AA==", "b"},
            .size = 7,
            .note = "n\n\n",
            .begun_at = now - 1h,
            .at = now};
}

/// What it raises from here on: "agent code".
std::shared_ptr<std::vector<std::string>> alarms_of(Witness& witness) {
    auto told = std::make_shared<std::vector<std::string>>();
    witness.on_alarm([told](const AgentKey& agent, const LogAlarm& alarm) {
        told->push_back(agent.name + " " + alarm.code);
    });
    return told;
}

class WitnessTest : public testing::Test {
protected:
    std::filesystem::path file(const char* name) const { return folder_.path() / name; }
    test::TemporaryFolder folder_;
};

TEST_F(WitnessTest, TheStoreReadsBackWhatWasWrittenInItsOrder) {
    auto store = *WitnessStore::open(file("witness.db"));
    EXPECT_EQ(mode_of(file("witness.db")), 0600U);
    const AgentLogs known{known_agent,
                          {log_named("z"), log_named("a")},
                          {{"", "unknown_log", "another agent's", now, 1},
                           {"z", "fork", "two trees", now, 3},
                           {"z", "rollback", "shorter", now - 1h, 1}}};
    ASSERT_TRUE(store.change(known_agent, {}, [&](AgentLogs& own, AgentLogs*) { own = known; }));
    ASSERT_TRUE(store.change({"t2", "berlin"}, {}, [&](AgentLogs& own, AgentLogs*) {
        EXPECT_TRUE(own.logs.empty());
        own.logs.push_back(log_named("y"));
    }));
    ASSERT_TRUE(store.change({"t3", "alarmed"}, {}, [&](AgentLogs& own, AgentLogs*) {
        own.alarms.push_back({"", "unknown_log", "", now, 1});
    }));
    auto again = *WitnessStore::open(file("witness.db"));
    EXPECT_EQ(again.logs(known_agent).value(), known);
    const auto all = again.all().value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0], known);
    EXPECT_EQ(all[1].agent.tenant_id, "t2");
    EXPECT_EQ(all[2].alarms.size(), 1U);
}

TEST_F(WitnessTest, WhoseALogIsIsLookedUpOverAllAgentsAndNoTwoCanHaveIt) {
    auto store = *WitnessStore::open(file("witness.db"));
    const AgentKey thief{"t2", "paris"};
    ASSERT_TRUE(store.change(known_agent, "z", [&](AgentLogs& own, AgentLogs* owner) {
        EXPECT_EQ(owner, nullptr);
        own.logs.push_back(log_named("z"));
    }));
    ASSERT_TRUE(store.change(known_agent, "z", [&](AgentLogs&, AgentLogs* owner) {
        EXPECT_EQ(owner, nullptr);  // its own
    }));
    ASSERT_TRUE(store.change(thief, "z", [&](AgentLogs& own, AgentLogs* owner) {
        ASSERT_NE(owner, nullptr);
        EXPECT_EQ(owner->agent, known_agent);
        owner->alarms.push_back({"z", "claimed", "", now, 1});
        own.alarms.push_back({"", "unknown_log", "", now, 1});
    }));
    EXPECT_EQ(store.logs(known_agent)->alarms.size(), 1U);
    EXPECT_EQ(store.logs(thief)->alarms.size(), 1U);
    EXPECT_FALSE(store.change(
        thief, {}, [&](AgentLogs& own, AgentLogs*) { own.logs.push_back(log_named("z")); }));
    EXPECT_TRUE(store.logs(thief)->logs.empty());
}

TEST_F(WitnessTest, OfTwoProcessesThatDecideAtOnceTheSecondKnowsWhatTheFirstKept) {
    constexpr int each = 50;
    const auto count = [&] {
        auto store = *WitnessStore::open(file("witness.db"));
        for (int i = 0; i < each; ++i)
            EXPECT_TRUE(store.change(known_agent, "a", [](AgentLogs& own, AgentLogs*) {
                if (own.logs.empty()) own.logs.push_back(log_named("a"));
                ++own.logs[0].size;
            }));
    };
    { auto first = *WitnessStore::open(file("witness.db")); }
    std::thread other(count);
    count();
    other.join();
    auto store = *WitnessStore::open(file("witness.db"));
    EXPECT_EQ(store.logs(known_agent).value().logs[0].size, 7U + 2 * each);
}

TEST_F(WitnessTest, TheKeyIsMadeOnceForItsOwnerAloneAndKeepsItsName) {
    const auto made = load_witness_key(folder_.path(), "hub.test");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->verifier().name(), "hub.test/witness");
    EXPECT_EQ(mode_of(file("witness.key")), 0600U);
    EXPECT_EQ(mode_of(file("witness.vkey")), 0644U);
    EXPECT_EQ(*read_file(file("witness.vkey")), made->verifier().to_text() + "\n");
    EXPECT_EQ(load_witness_key(folder_.path(), "renamed")->verifier(), made->verifier());

    ::chmod(file("witness.key").c_str(), 0640);
    EXPECT_EQ(load_witness_key(folder_.path(), "hub.test").error().code, Errc::denied);
    std::filesystem::remove(file("witness.key"));
    EXPECT_EQ(load_witness_key(folder_.path(), "hub.test").error().code, Errc::conflict);
    EXPECT_FALSE(std::filesystem::exists(file("witness.key"))) << "nothing is made in its place";
}

TEST_F(WitnessTest, AnswersAndRemembersOverARestart) {
    test::TestAuditLog log("sallyport/aa");
    log.append(9);
    {
        const auto witness = *Witness::open(folder_.path(), "hub.test");
        const auto answer = witness->answer(known_agent, log.offer(0, 5), now);
        ASSERT_TRUE(std::holds_alternative<tunnel::Cosigned>(answer));
        EXPECT_EQ(std::get<tunnel::Cosigned>(answer).witness, witness->key());
    }
    const auto witness = *Witness::open(folder_.path(), "hub.test");
    const auto answer = witness->answer(known_agent, log.offer(0, 3), now);
    ASSERT_TRUE(std::holds_alternative<tunnel::WitnessRefused>(answer));
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(answer).code, "rollback");
    EXPECT_EQ(witness->logs().value()[0].alarms[0].code, "rollback");
}

/// Who has broken into one agent, and has any other one, gets no signature to another history.
TEST_F(WitnessTest, AnotherAgentGetsNoCountersignatureToTheSameLog) {
    test::TestAuditLog log("sallyport/aa");
    log.append(9);
    const auto witness = *Witness::open(folder_.path(), "hub.test");
    const auto told = alarms_of(*witness);
    ASSERT_TRUE(std::holds_alternative<tunnel::Cosigned>(
        witness->answer(known_agent, log.offer(0, 5), now)));
    const auto answer = witness->answer({"t2", "paris"}, log.offer(0, 7), now);
    ASSERT_TRUE(std::holds_alternative<tunnel::WitnessRefused>(answer));
    EXPECT_EQ(std::get<tunnel::WitnessRefused>(answer).code, "unknown_log");
    EXPECT_EQ(*told, (std::vector<std::string>{"paris unknown_log", "berlin claimed"}));
    EXPECT_TRUE(std::holds_alternative<tunnel::Cosigned>(
        witness->answer(known_agent, log.offer(5, 9), now)));
}

TEST_F(WitnessTest, AnAgentWithALinkThatOffersNothingForTenMinutesRaisesAnAlarmOnce) {
    test::TestAuditLog log("sallyport/aa");
    log.append(9);
    const auto witness = *Witness::open(folder_.path(), "hub.test");
    const auto told = alarms_of(*witness);
    const AgentKey unknown{"t1", "no log of it is known"};
    auto at = now;
    const auto minutes = [&](int count, const std::vector<AgentKey>& attached) {
        for (int i = 0; i < count; ++i) {
            at += SilenceWatch::between_looks;
            ASSERT_TRUE(witness->look_for_silence(attached, at));
        }
    };
    const auto offer = [&](std::uint64_t from, std::uint64_t size) {
        return std::holds_alternative<tunnel::Cosigned>(
            witness->answer(known_agent, log.offer(from, size), at));
    };
    ASSERT_TRUE(offer(0, 5));
    minutes(30, {unknown});  // no link
    minutes(10, {known_agent, unknown});
    ASSERT_TRUE(offer(5, 6));
    minutes(10, {known_agent, unknown});
    EXPECT_TRUE(told->empty());
    EXPECT_FALSE(offer(0, 3));  // what is refused does not count
    told->clear();
    minutes(20, {known_agent, unknown});
    EXPECT_EQ(*told, std::vector<std::string>{"berlin silent"});
    ASSERT_TRUE(offer(6, 9));
    minutes(11, {known_agent});
    EXPECT_EQ(told->size(), 2U);
}

TEST(CheckpointLimits, OneAtATimeAndTenInARowThenOneASecond) {
    CheckpointLimits limits;
    CheckpointLimits::Time at{1'000'000s};
    ASSERT_TRUE(limits.begin(known_agent, at));
    EXPECT_FALSE(limits.begin(known_agent, at));
    EXPECT_TRUE(limits.begin({"t1", "paris"}, at));
    limits.end(known_agent);
    for (int i = 1; i < static_cast<int>(checkpoints_burst); ++i) {
        ASSERT_TRUE(limits.begin(known_agent, at)) << i;
        limits.end(known_agent);
    }
    EXPECT_FALSE(limits.begin(known_agent, at));
    at += 999ms;
    EXPECT_FALSE(limits.begin(known_agent, at));
    at += 2ms;
    EXPECT_TRUE(limits.begin(known_agent, at));
}

}  // namespace
}  // namespace sallyport::hub
