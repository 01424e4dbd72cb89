#include "agent/mapping_state.hpp"

#include "agent/back_end_report.hpp"
#include "agent/mapping_states.hpp"
#include "tests/unit/agent/mapping_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <thread>
#include <vector>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using Fault = CircuitBreaker::Fault;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using What = HostChange::What;

constexpr MappingState::Time start{1'000'000s};

struct World {
    explicit World(mappings::Limits limits = {}, std::size_t hosts = 2)
        : state(mapping_of(limits, hosts), [this](const HostChange& change) {
              changes.push_back(change.what);
              last = change.why;
          }) {}
    void fail(std::size_t host, MappingState::Time now = start, int times = 5) {
        for (int i = 0; i < times; ++i)
            state.host(host).begin(now).failed(Fault::no_connection, now, "refused");
    }
    std::vector<What> changes;
    std::string last;
    MappingState state;
};

TEST(MappingState, ChoosesTheNextHostWhileTheFirstIsLeftAloneAndComesBack) {
    World world;
    EXPECT_EQ(world.state.choose({}, start), 0U);
    world.fail(0);
    EXPECT_EQ(world.state.choose({}, start), 1U);
    EXPECT_FALSE(world.state.take(start));
    const auto later = start + 1s;
    EXPECT_EQ(world.state.choose({}, later), 0U) << "somebody finds out whether it is back";
    auto probe = world.state.host(0).begin(later);
    ASSERT_TRUE(probe);
    EXPECT_EQ(world.state.choose({}, later), 1U) << "one is enough";
    probe.answered();
    EXPECT_EQ(world.state.choose({}, later), 0U);
    EXPECT_THAT(world.changes, ElementsAre(What::opened, What::closed));
}

TEST(MappingState, RefusesWhileNoHostMayBeAskedAndSaysForHowLong) {
    World world;
    world.fail(0);
    world.fail(1);
    EXPECT_EQ(world.last, "5 failures in a row, the last one: refused");
    const auto refused = world.state.take(start);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->why, Overload::circuit_open);
    EXPECT_GT(refused->wait, 700ms);
    EXPECT_LE(refused->wait, 1s);
    EXPECT_EQ(world.state.snapshot(start).circuit_refused, 1U);
    EXPECT_FALSE(world.state.take(start + 1s));
    const auto refusal = refusal_of(refused->why, "erp.virtual:8000", refused->wait);
    EXPECT_EQ(refusal.status, 503);
    EXPECT_EQ(refusal.retry_after, 1s);
    EXPECT_EQ(refusal.proxy_status_error, "destination_unavailable");
}

TEST(MappingState, AnOpenCircuitTakesNothingOfTheRate) {
    World world({.requests_per_second = 1}, 1);
    world.fail(0);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(world.state.take(start)->why, Overload::circuit_open);
    EXPECT_FALSE(world.state.take(start + 1s));
    const auto refused = world.state.take(start + 1s);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->why, Overload::rate_limited);
    EXPECT_EQ(refused->wait, 1s);
    EXPECT_EQ(world.state.snapshot(start).rate_limited, 1U);
    EXPECT_EQ(refusal_of(refused->why, "v:1", refused->wait).status, 429);
}

TEST(MappingState, AnAttemptThatIsGivenUpTeachesNothing) {
    World world({}, 1);
    for (int i = 0; i < 100; ++i) {
        const auto attempt = world.state.host(0).begin(start);
        EXPECT_TRUE(attempt);
    }
    world.fail(0);
    {
        const auto probe = world.state.host(0).begin(start + 1s);
        EXPECT_TRUE(probe);
        EXPECT_FALSE(world.state.host(0).begin(start + 1s));
    }
    EXPECT_TRUE(world.state.host(0).begin(start + 1s));
}

TEST(MappingState, AHealthCheckMovesExchangesAwayAndBackButNeverRefusesThem) {
    auto mapping = mapping_of({}, 2);
    mapping.health = mappings::HealthRules{};
    std::vector<What> changes;
    MappingState state(mapping, [&](const HostChange& change) { changes.push_back(change.what); });
    state.host(0).checked(false, start, "refused");
    EXPECT_EQ(state.choose({}, start), 0U) << "once is nothing";
    state.host(0).checked(false, start, "refused");
    EXPECT_EQ(state.choose({}, start), 1U);
    state.host(1).checked(false, start, "refused");
    state.host(1).checked(false, start, "refused");
    EXPECT_EQ(state.choose({}, start), 0U) << "its path may be wrong";
    EXPECT_THAT(describe_back_ends(to_json({state.snapshot(start)})),
                HasSubstr("https://s4.corp.local1:44300 NOT HEALTHY, as its check says: health "
                          "check: refused"));
    for (int i = 0; i < 2; ++i) state.host(1).checked(true, start, "");
    EXPECT_EQ(state.choose({}, start), 1U);
    for (int i = 0; i < 2; ++i) state.host(0).checked(true, start, "");
    EXPECT_EQ(state.choose({}, start), 0U);
    EXPECT_THAT(changes,
                ElementsAre(What::unhealthy, What::unhealthy, What::healthy, What::healthy));
    EXPECT_EQ(describe_back_ends(to_json({state.snapshot(start)})), "");
}

TEST(MappingState, AHealthCheckThatSucceedsLetsTheNextFindOut) {
    auto mapping = mapping_of();
    mapping.health = mappings::HealthRules{};
    MappingState state(mapping, {});
    for (int i = 0; i < 5; ++i)
        state.host(0).begin(start).failed(Fault::no_connection, start, "refused");
    EXPECT_TRUE(state.take(start + 1ms));
    state.host(0).checked(true, start + 1ms, "");
    EXPECT_FALSE(state.take(start + 1ms));
}

TEST(MappingState, ItsReportSaysWhatIsWrong) {
    World world;
    world.fail(0);
    const auto facts = to_json({world.state.snapshot(start)});
    const auto& mapping = facts.at(0).as_object();
    EXPECT_EQ(mapping.at("virtual").as_string(), "erp.virtual:8000");
    const auto& host = mapping.at("hosts").as_array().at(0).as_object();
    EXPECT_EQ(host.at("circuit").as_string(), "open");
    EXPECT_EQ(host.at("failures").to_number<int>(), 5);
    EXPECT_EQ(host.at("opened").to_number<int>(), 1);
    EXPECT_GT(host.at("next_probe_ms").to_number<int>(), 700);
    EXPECT_FALSE(host.contains("healthy")) << "nobody checks";
    EXPECT_THAT(describe_back_ends(facts), HasSubstr("https://s4.corp.local:44300 LEFT ALONE"));
}

TEST(MappingState, IsSharedByManyThreads) {
    World world({.requests_per_second = 1'000'000, .retries = 1}, 2);
    std::vector<std::thread> threads;
    for (unsigned n = 0; n < 4; ++n)
        threads.emplace_back([&world, n] {
            for (unsigned i = 0; i < 2000; ++i) {
                const auto now = start + std::chrono::milliseconds(i);
                (void)world.state.take(now);
                const auto host = world.state.choose({}, now);
                if (!host) continue;
                auto attempt = world.state.host(*host).begin(now);
                if ((i + n) % 3 == 0)
                    attempt.failed(Fault::no_connection, now, "refused");
                else
                    attempt.answered();
                (void)world.state.take_retry();
                (void)world.state.snapshot(now);
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_GT(world.state.snapshot(start).hosts.at(0).answers, 0U);
}

TEST(MappingStates, AReloadLetsTheNextFindOut) {
    MappingStates states;
    const std::vector all{mapping_of()};
    states.use(all, start);
    const auto state = states.of(all.front());
    for (int i = 0; i < 5; ++i)
        state->host(0).begin(start).failed(Fault::no_connection, start, "refused");
    EXPECT_TRUE(state->take(start));
    states.use(all, start);
    EXPECT_FALSE(state->take(start));
}

TEST(MappingStates, OutliveAReloadThatLeavesLimitsAndHostsAlone) {
    MappingStates states;
    auto mapping = mapping_of();
    const std::vector first{mapping};
    states.use(first, start);
    const auto before = states.of(mapping);
    mapping.description = "another";
    EXPECT_EQ(states.of(mapping), before);
    mapping.limits.retries = 1;
    EXPECT_NE(states.of(mapping), before);
    EXPECT_EQ(states.of(first.front()), before) << "who is late changes nothing";
    const std::vector second{mapping};
    states.use(second, start);
    EXPECT_NE(states.of(mapping), before);
    EXPECT_EQ(states.of(mapping), states.of(mapping));
    states.use({}, start);
    EXPECT_TRUE(states.snapshot(start).empty());
}

}  // namespace
}  // namespace sallyport::agent
