#include "hub/client_limits.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using LimitVerdict = ClientLimits::Verdict;

constexpr ClientLimits::Settings small{
    .requests_max = 2, .aborts_per_second = 10, .aborts_burst = 3, .clients_max = 2};

TEST(ClientLimits, AdmitsUpToTheLimitAndAgainAfterOneIsDone) {
    ClientLimits limits(small);
    const ClientLimits::Time now{};
    ClientLimits::Client* one = nullptr;
    ClientLimits::Client* two = nullptr;
    EXPECT_EQ(limits.admit("a", now, one), LimitVerdict::admitted);
    EXPECT_EQ(limits.admit("a", now, two), LimitVerdict::admitted);
    EXPECT_EQ(limits.admit("a", now, two), LimitVerdict::too_many_requests);
    limits.done(*one, false, now);
    EXPECT_EQ(limits.admit("a", now, two), LimitVerdict::admitted);
}

TEST(ClientLimits, AClientThatAbortsTooOftenWaitsAndOthersDoNot) {
    ClientLimits limits(small);
    const ClientLimits::Time now{};
    ClientLimits::Client* client = nullptr;
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(limits.admit("rude", now, client), LimitVerdict::admitted);
        limits.done(*client, true, now);
    }
    EXPECT_EQ(limits.admit("rude", now, client), LimitVerdict::too_many_aborts);
    EXPECT_EQ(limits.admit("kind", now, client), LimitVerdict::admitted);
    EXPECT_EQ(limits.admit("rude", now + 50ms, client), LimitVerdict::too_many_aborts);
    EXPECT_EQ(limits.admit("rude", now + 150ms, client), LimitVerdict::admitted);
}

TEST(ClientLimits, ForgetsIdleClientsButNeverOneWithARequestUnderWay) {
    ClientLimits limits(small);
    const ClientLimits::Time now{};
    ClientLimits::Client* busy = nullptr;
    ClientLimits::Client* idle = nullptr;
    ASSERT_EQ(limits.admit("busy", now, busy), LimitVerdict::admitted);
    ASSERT_EQ(limits.admit("idle", now, idle), LimitVerdict::admitted);
    limits.done(*idle, false, now);
    ASSERT_EQ(limits.admit("third", now, idle), LimitVerdict::admitted);
    EXPECT_EQ(limits.clients(), 2u);
    EXPECT_EQ(limits.admit("fourth", now, idle), LimitVerdict::too_many_requests);
    EXPECT_EQ(busy->under_way, 1u);
}

TEST(ClientLimits, WhoOnceBrokeOffIsForgottenWhenTheTimeForThatIsOver) {
    ClientLimits limits(small);
    const ClientLimits::Time now{};
    ClientLimits::Client* client = nullptr;
    for (const auto* name : {"one", "two"}) {
        for (int i = 0; i < 3; ++i) {
            ASSERT_EQ(limits.admit(name, now, client), LimitVerdict::admitted);
            limits.done(*client, true, now);
        }
    }
    EXPECT_EQ(limits.admit("third", now, client), LimitVerdict::too_many_requests);
    EXPECT_EQ(limits.admit("third", now + 1h, client), LimitVerdict::admitted);
}

}  // namespace
}  // namespace sallyport::hub
