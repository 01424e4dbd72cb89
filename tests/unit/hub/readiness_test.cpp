#include "hub/readiness.hpp"

#include "tunnel/ready.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

const Registry::Time moment{1h};

Registry::Status agent_that(bool answers, Registry::Time last, std::size_t links = 1) {
    Registry::Status status{.member = {.name = *certs::AgentName::make("hub.test", "t", "a")},
                            .links = links,
                            .since = moment,
                            .ready = {.at = last, .round_trip = 1ms}};
    status.member.answers_ready = answers;
    return status;
}

std::string reasons_of(const ReadyFacts& facts, Registry::Time now = moment) {
    std::string all;
    for (const auto& reason : judge_readiness(facts, now)) all += reason.code + " ";
    return all;
}

TEST(HubReadiness, AnAgentIsReadyWhileItsLastAnswerCounts) {
    EXPECT_TRUE(is_ready(agent_that(true, moment), 15s, moment + tunnel::ready_lasts(15s)));
    EXPECT_FALSE(is_ready(agent_that(true, moment), 15s, moment + tunnel::ready_lasts(15s) + 1ms));
    EXPECT_FALSE(is_ready(agent_that(true, {}), 15s, moment));
    EXPECT_TRUE(is_ready(agent_that(false, {}), 15s, moment));
    EXPECT_FALSE(is_ready(agent_that(false, {}, 0), 15s, moment));
}

TEST(HubReadiness, TheHubIsReadyForWhoWillCome) { EXPECT_EQ(reasons_of({.interval = 15s}), ""); }

TEST(HubReadiness, WhereAgentsAreAttachedOneMustAnswer) {
    EXPECT_EQ(
        reasons_of({.agents = {agent_that(true, {}), agent_that(true, moment)}, .interval = 15s}),
        "");
    EXPECT_EQ(reasons_of({.agents = {agent_that(true, {}), agent_that(true, {})}, .interval = 15s}),
              "no_answer ");
    EXPECT_EQ(reasons_of({.stopping = true, .audit = "failed", .interval = 15s}),
              "stopping audit ");
}

TEST(Registry, KeepsTheNewestAnswerOfAnAgent) {
    Registry registry(1);
    Registry::Member member{.name = *certs::AgentName::make("hub.test", "t", "a")};
    member.tenant = "t";
    member.agent = "a";
    member.answers_ready = true;
    member.incarnation = {.enrolment = 1, .generation = 1, .epoch = 1, .process = "p1"};
    const auto first = registry.attach(member, moment, {});
    const auto second = registry.attach(member, moment, {});
    ASSERT_TRUE(first && second);
    registry.note_ready(*first, {moment + 2s, 5us});
    registry.note_ready(*second, {moment + 1s, 9us});
    registry.note_ready(*second + 100, {moment + 9s, 9us});
    const auto status = registry.status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0].links, 2U);
    EXPECT_EQ(status[0].ready.at, moment + 2s);
    EXPECT_EQ(status[0].ready.round_trip, 5us);
    registry.detach(*first);
    EXPECT_EQ(registry.status()[0].ready.at, moment + 1s);
}

}  // namespace
}  // namespace sallyport::hub
