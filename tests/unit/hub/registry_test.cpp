#include "hub/registry.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

const Registry::Time start{1h};

/// A link of agent "a" of tenant "t".
Registry::Member member(std::uint64_t epoch = 1, std::string process = "p1") {
    Registry::Member made{.name = *certs::AgentName::make("hub.example", "t", "a")};
    made.tenant = "t";
    made.agent = "a";
    made.incarnation = {
        .enrolment = 1, .generation = 1, .epoch = epoch, .process = std::move(process)};
    return made;
}

/// Attached links and what they were told.
class RegistryTest : public testing::Test {
protected:
    Result<Registry::LinkId> attach(Registry::Member who) {
        Registry::Contact contact;
        contact.leave = [this](Registry::Leave how) { told_.push_back(how); };
        return registry_.attach(std::move(who), start, std::move(contact));
    }
    bool restarting(Registry::Time now = start) const {
        return registry_.find("t", "", now).restarting;
    }

    Registry registry_{2};
    std::vector<Registry::Leave> told_;
};

TEST_F(RegistryTest, ALinkIsFoundAtItsPlaceOnly) {
    auto there = member();
    there.location = "plant";
    there.worker = 1;
    ASSERT_TRUE(attach(there));
    EXPECT_EQ(registry_.find("t", "plant", start).workers, 0b10U);
    EXPECT_EQ(registry_.find("t", "", start).workers, 0U);
    EXPECT_EQ(registry_.find("other", "plant", start).workers, 0U);
}

TEST_F(RegistryTest, LinksOfOneProcessStandTogether) {
    ASSERT_TRUE(attach(member()));
    ASSERT_TRUE(attach(member()));
    EXPECT_TRUE(told_.empty());
    EXPECT_EQ(registry_.status().at(0).links, 2U);
}

TEST_F(RegistryTest, ALaterEpochSupersedesAndAnEarlierOneIsRefused) {
    ASSERT_TRUE(attach(member(2)));
    const auto earlier = attach(member(1, "p2"));
    ASSERT_FALSE(earlier);
    EXPECT_EQ(earlier.error().code, Errc::conflict);
    EXPECT_TRUE(told_.empty());
    ASSERT_TRUE(attach(member(3, "p3")));
    EXPECT_EQ(told_, std::vector{Registry::Leave::drain});
}

TEST_F(RegistryTest, ASecondProcessOfTheSameEpochIsRefused) {
    ASSERT_TRUE(attach(member()));
    EXPECT_FALSE(attach(member(1, "p2")));
}

TEST_F(RegistryTest, ALaterStartIsAskedAboutWhileTheProcessBeforeIsAttached) {
    ASSERT_TRUE(attach(member(1)));
    const auto later = registry_.examine(member(2, "p2"), {}, start);
    EXPECT_EQ(later.verdict, IncarnationVerdict::newer);
    EXPECT_EQ(later.rivals.size(), 1U) << "it may still run";
    EXPECT_TRUE(registry_.examine(member(1), {}, start).rivals.empty()) << "the same process";
}

TEST_F(RegistryTest, AProcessThatHasAnnouncedItsRestartIsNoRival) {
    const auto link = attach(member(1));
    ASSERT_TRUE(link);
    registry_.announce_restart(*link, start + 5s);
    EXPECT_TRUE(registry_.examine(member(2, "p2"), {}, start).rivals.empty());
    EXPECT_EQ(registry_.examine(member(2, "p2"), {}, start + 5s).rivals.size(), 1U);
}

TEST_F(RegistryTest, WhatTheDatabaseKnowsCountsAfterARestartOfTheHub) {
    const Incarnation stored{.enrolment = 1, .generation = 3, .epoch = 9, .process = "p9"};
    EXPECT_EQ(registry_.examine(member(8), stored, start).verdict, IncarnationVerdict::old_key);
    auto present = member(8);
    present.incarnation.generation = 3;
    EXPECT_EQ(registry_.examine(present, stored, start).verdict, IncarnationVerdict::copy_of_state);
    present.incarnation.epoch = 10;
    EXPECT_EQ(registry_.examine(present, stored, start).verdict, IncarnationVerdict::newer);
}

TEST_F(RegistryTest, AnotherAgentAtALocationThatIsNotSharedIsRefused) {
    ASSERT_TRUE(attach(member()));
    auto other = member();
    other.agent = "b";
    EXPECT_FALSE(attach(other));
    other.location = "elsewhere";
    EXPECT_TRUE(attach(other));
}

TEST_F(RegistryTest, AgentsThatShareALocationStandTogether) {
    auto one = member();
    one.shared = true;
    auto other = one;
    other.agent = "b";
    ASSERT_TRUE(attach(one));
    EXPECT_TRUE(attach(other));
}

TEST_F(RegistryTest, ARestartIsExpectedUntilItsTimeIsOver) {
    const auto link = attach(member());
    ASSERT_TRUE(link);
    EXPECT_FALSE(restarting());
    registry_.announce_restart(*link, start + 5s);
    registry_.detach(*link);
    EXPECT_TRUE(restarting());
    EXPECT_FALSE(restarting(start + 5s));
}

TEST_F(RegistryTest, ALateLinkOfTheProcessThatGoesDoesNotEndItsRestart) {
    const auto link = attach(member());
    ASSERT_TRUE(link);
    registry_.announce_restart(*link, start + 5s);
    const auto late = attach(member());
    ASSERT_TRUE(late);
    registry_.detach(*link);
    registry_.detach(*late);
    EXPECT_TRUE(restarting());
}

TEST_F(RegistryTest, TheNextProcessEndsTheRestart) {
    const auto link = attach(member());
    ASSERT_TRUE(link);
    registry_.announce_restart(*link, start + 5s);
    ASSERT_TRUE(attach(member(2, "p2")));
    EXPECT_FALSE(restarting());
}

TEST_F(RegistryTest, JustAfterTheHubsOwnStartEveryPlaceMayStillCome) {
    registry_.expect_agents_until(start + 1s);
    EXPECT_TRUE(registry_.find("anybody", "anywhere", start).restarting);
    EXPECT_FALSE(registry_.find("anybody", "anywhere", start + 1s).restarting);
}

TEST_F(RegistryTest, ALinkThatRetiresIsNoLongerFound) {
    const auto link = attach(member());
    ASSERT_TRUE(link);
    registry_.retire(*link);
    EXPECT_EQ(registry_.find("t", "", start).workers, 0U);
    EXPECT_TRUE(restarting());  // what the agent says of it may come just after its GOAWAY
    registry_.detach(*link);
    EXPECT_FALSE(restarting());
}

TEST_F(RegistryTest, WhoIsNoLongerAllowedIsTold) {
    ASSERT_TRUE(attach(member()));
    registry_.expel([](const Registry::Member&) { return true; });
    EXPECT_TRUE(told_.empty());
    registry_.expel([](const Registry::Member&) { return false; });
    EXPECT_EQ(told_.size(), 1U);
}

}  // namespace
}  // namespace sallyport::hub
