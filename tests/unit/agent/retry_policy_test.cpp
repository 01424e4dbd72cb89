#include "agent/retry_policy.hpp"

#include "agent/host_choice.hpp"
#include "agent/host_fault.hpp"
#include "base/error.hpp"
#include "net/tls_fault.hpp"
#include "ssh/fault.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>
#include <vector>

/// What becomes of an attempt that failed: whose fault it was, whether there is another, and where.
namespace sallyport::agent {
namespace {

using Admission = CircuitBreaker::Admission;
using Fault = CircuitBreaker::Fault;

TEST(NextAttempt, WhatReachedNobodyGoesToAnotherHostForNothing) {
    for (const bool idempotent : {true, false}) {
        const FailedAttempt failed{.idempotent = idempotent, .another_host = true};
        const auto step = next_attempt(failed);
        EXPECT_EQ(step.attempt, NextAttempt::another_host);
        EXPECT_FALSE(step.costs);
    }
}

TEST(NextAttempt, WithOneHostWhatReachedNobodyIsTriedAgainIfThatIsAskedFor) {
    EXPECT_EQ(next_attempt({}).attempt, NextAttempt::none);
    const auto step = next_attempt({.retries_max = 1});
    EXPECT_EQ(step.attempt, NextAttempt::same_host);
    EXPECT_TRUE(step.costs);
    EXPECT_EQ(next_attempt({.retries = 1, .retries_max = 1}).attempt, NextAttempt::none);
}

TEST(NextAttempt, WhatMayHaveArrivedIsSentAgainOnlyIfIdempotentAndAskedFor) {
    const FailedAttempt safe{
        .sent = true, .idempotent = true, .another_host = true, .retries_max = 1};
    EXPECT_EQ(next_attempt(safe).attempt, NextAttempt::another_host);
    EXPECT_TRUE(next_attempt(safe).costs);
    auto one = safe;
    one.another_host = false;
    EXPECT_EQ(next_attempt(one).attempt, NextAttempt::same_host);
    one = safe;
    one.idempotent = false;
    EXPECT_EQ(next_attempt(one).attempt, NextAttempt::none);
    one = safe;
    one.retries_max = 0;
    EXPECT_EQ(next_attempt(one).attempt, NextAttempt::none);
}

/// All 2^6 cases with what is left of retries.
TEST(NextAttempt, NeverSendsWhatIsNotSafeToSend) {
    for (unsigned bits = 0; bits < 64; ++bits)
        for (std::uint32_t left = 0; left < 2; ++left) {
            const FailedAttempt failed{.sent = (bits & 1U) != 0,
                                       .idempotent = (bits & 2U) != 0,
                                       .body_touched = (bits & 4U) != 0,
                                       .answer_begun = (bits & 8U) != 0,
                                       .over = (bits & 16U) != 0,
                                       .another_host = (bits & 32U) != 0,
                                       .retries = 1 - left,
                                       .retries_max = 1};
            const auto step = next_attempt(failed);
            if (step.attempt == NextAttempt::none) continue;
            EXPECT_FALSE(failed.over || failed.answer_begun || failed.body_touched);
            EXPECT_TRUE(!failed.sent || failed.idempotent);
            EXPECT_TRUE(step.attempt != NextAttempt::another_host || failed.another_host);
            EXPECT_TRUE(step.costs || (!failed.sent && failed.another_host));
            EXPECT_TRUE(!step.costs || left == 1);
        }
}

TEST(RetryBudget, IsAFifthOfTheRequestsAndAFewAtOnce) {
    RetryBudget budget;
    int taken = 0;
    while (budget.take()) ++taken;
    EXPECT_EQ(taken, RetryBudget::retries_at_once_max);
    for (int i = 0; i < 100; ++i) budget.request();
    taken = 0;
    while (budget.take()) ++taken;
    EXPECT_EQ(taken, 10) << "what was not used is not saved";
    taken = 0;
    for (int i = 0; i < 100; ++i) {
        budget.request();
        if (budget.take()) ++taken;
    }
    EXPECT_EQ(taken, 20);
}

TEST(HostChoice, IsTheFirstThatIsHealthyAndMayBeAsked) {
    struct Case {
        std::vector<HostView> hosts;
        std::optional<std::size_t> chosen;
    };
    const HostView good{};
    const HostView sick{.healthy = false};
    const HostView shut{.admission = Admission::refused};
    const HostView probe{.admission = Admission::probe};
    const HostView tried{.tried = true};
    const std::vector<Case> cases{
        {{good, good}, 0},
        {{shut, good}, 1},
        {{sick, good}, 1},
        {{tried, good}, 1},
        {{probe, good}, 0},
        {{shut, sick}, 1},
        {{sick, sick}, 0},
        {{shut, shut}, {}},
        {{tried, tried}, {}},
        {{tried, shut}, {}},
        {{shut, sick, good}, 2},
        {{sick, shut, probe}, 2},
        {{}, {}},
        {{tried, sick, shut}, 1},
    };
    for (const auto& one : cases) EXPECT_EQ(choose_host(one.hosts), one.chosen);
}

TEST(HostChoice, NeverTakesOneThatWasTriedOrMayNotBeAsked) {
    std::mt19937 dice(4711);
    for (int round = 0; round < 5000; ++round) {
        std::vector<HostView> hosts(dice() % 9);
        bool any = false;
        for (auto& host : hosts) {
            host = {.admission = static_cast<Admission>(dice() % 3),
                    .healthy = dice() % 2 == 0,
                    .tried = dice() % 2 == 0};
            any = any || (!host.tried && host.admission != Admission::refused);
        }
        const auto chosen = choose_host(hosts);
        ASSERT_EQ(chosen.has_value(), any);
        if (!chosen) continue;
        ASSERT_FALSE(hosts[*chosen].tried);
        ASSERT_NE(hosts[*chosen].admission, Admission::refused);
    }
}

TEST(HostFault, BlamesTheHostForWhatIsItsOwn) {
    struct Case {
        Error error;
        AttemptFacts facts;
        std::optional<Fault> fault;
    };
    const AttemptFacts dialled{};
    const AttemptFacts as_user{.shows_certificate = true};
    const AttemptFacts asked{.connected = true, .request_out = true};
    const AttemptFacts uploading{.connected = true};
    const AttemptFacts asked_as_user{
        .connected = true, .request_out = true, .shows_certificate = true};
    const boost::system::error_code refused(ECONNREFUSED, boost::system::system_category());
    const std::vector<Case> cases{
        {{refused, {}}, dialled, Fault::no_connection},
        {{refused, {}}, as_user, Fault::no_connection},
        {{Errc::timed_out, {}}, dialled, Fault::no_connection},
        {{Errc::untrusted, {}}, as_user, Fault::no_connection},
        {{net::TlsFault::pin, {}}, as_user, Fault::no_connection},
        {{ssh::Fault::target_unreachable, {}}, dialled, Fault::no_connection},
        {{Errc::cut, {}}, dialled, Fault::no_connection},
        {{Errc::protocol, {}}, dialled, Fault::no_connection},
        // The user's certificate may be what it does not like:
        {{Errc::cut, {}}, as_user, {}},
        {{Errc::protocol, {}}, as_user, {}},
        {{Errc::cut, {}}, asked_as_user, {}},
        {{Errc::timed_out, {}}, asked_as_user, Fault::no_answer},
        {{Errc::cut, {}}, asked, Fault::no_answer},
        {{Errc::protocol, {}}, asked, Fault::no_answer},
        {{Errc::timed_out, {}}, asked, Fault::no_answer},
        // The caller's own affair, or ours:
        {{Errc::timed_out, {}}, uploading, {}},
        {{Errc::aborted, {}}, asked, {}},
        {{Errc::aborted, {}}, dialled, {}},
        {{Errc::limit, {}}, dialled, {}},
        {{Errc::malformed, {}}, asked, {}},
    };
    for (const auto& one : cases)
        EXPECT_EQ(host_fault(one.error, one.facts), one.fault) << one.error.code.message();
}

}  // namespace
}  // namespace sallyport::agent
