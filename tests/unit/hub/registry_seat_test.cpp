#include "base/error.hpp"
#include "hub/registry.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

Registry::Member member_at(std::size_t worker) {
    auto name = certs::AgentName::parse("spiffe://hub.test/tenant/t/agent/a");
    Registry::Member member{.name = *name};
    member.tenant = "t";
    member.agent = "a";
    member.incarnation = {.enrolment = 1, .generation = 1, .epoch = 1, .process = "p"};
    member.worker = worker;
    return member;
}

TEST(RegistrySeats, LinksThatArriveTogetherSpreadOverTheWorkers) {
    Registry registry(2);
    const auto first = registry.take_seat("t", "a");
    const auto second = registry.take_seat("t", "a");
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->worker(), second->worker());
}

TEST(RegistrySeats, OneAgentCannotFillTheHub) {
    Registry registry(2);
    std::vector<Registry::Seat> seats;
    seats.reserve(Registry::links_per_agent_max);
    for (std::size_t i = 0; i < Registry::links_per_agent_max; ++i) {
        auto seat = registry.take_seat("t", "a");
        ASSERT_TRUE(seat);
        seats.push_back(std::move(*seat));
    }
    const auto refused = registry.take_seat("t", "a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::limit);
    EXPECT_TRUE(registry.take_seat("t", "b"));
    seats.pop_back();
    EXPECT_TRUE(registry.take_seat("t", "a"));
}

TEST(Registry, ARetiredLinkIsNotLookedForAnyMore) {
    Registry registry(2);
    const auto now = Registry::Time{};
    const auto first = registry.attach(member_at(0), now, {});
    const auto second = registry.attach(member_at(1), now, {});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(registry.find("t", "", now).workers, 3U);
    registry.retire(*first);
    EXPECT_EQ(registry.find("t", "", now).workers, 2U);
    registry.retire(*second);
    EXPECT_EQ(registry.find("t", "", now).workers, 0U);
}

}  // namespace
}  // namespace sallyport::hub
