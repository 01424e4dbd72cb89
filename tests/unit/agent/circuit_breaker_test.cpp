#include "agent/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using Admission = CircuitBreaker::Admission;
using Change = CircuitBreaker::Change;
using Fault = CircuitBreaker::Fault;
using State = CircuitBreaker::State;

constexpr CircuitBreaker::Time start{1'000'000s};

mappings::CircuitRules few() {
    return {.failures = 3, .requests = 10, .window = 10s, .open_time = 1s, .open_time_max = 4s};
}

CircuitBreaker::Failure of(Fault fault, std::uint64_t answers = 0, bool probe = false) {
    return {.fault = fault, .probe = probe, .answers_before = answers, .answers = answers};
}

CircuitBreaker opened(CircuitBreaker::Time now) {
    CircuitBreaker breaker(few());
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(breaker.failed(of(Fault::no_connection), now, 0), Change::none);
    EXPECT_EQ(breaker.failed(of(Fault::no_connection), now, 0), Change::opened);
    return breaker;
}

TEST(CircuitBreaker, OpensAfterSoManyFailuresInARow) {
    auto breaker = opened(start);
    EXPECT_EQ(breaker.state(start), State::open);
    EXPECT_EQ(breaker.admit(start), Admission::refused);
    EXPECT_EQ(breaker.admit(start + 999ms), Admission::refused);
    EXPECT_EQ(breaker.next_probe(), start + 1s);
}

TEST(CircuitBreaker, AnAnswerInBetweenBeginsTheRowAnew) {
    CircuitBreaker breaker(few());
    std::uint64_t answers = 0;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(breaker.failed(of(Fault::no_answer, answers), start, 0), Change::none);
        EXPECT_EQ(breaker.failed(of(Fault::no_answer, answers), start, 0), Change::none);
        ++answers;
    }
}

TEST(CircuitBreaker, OneSlowAddressOfASystemThatAnswersOthersNeverOpensIt) {
    CircuitBreaker breaker(few());
    for (std::uint64_t answers = 0; answers < 1000; ++answers) {
        const CircuitBreaker::Failure timed_out{
            .fault = Fault::no_answer, .answers_before = answers, .answers = answers + 1};
        EXPECT_EQ(breaker.failed(timed_out, start, 0), Change::none);
    }
    EXPECT_EQ(breaker.state(start), State::closed);
}

TEST(CircuitBreaker, OnlyConnectionsThatCouldNotBeMadeCountByTheirRatio) {
    for (const auto fault : {Fault::no_connection, Fault::no_answer}) {
        CircuitBreaker breaker(few());
        auto change = Change::none;
        std::uint64_t answers = 0;
        for (int i = 0; i < 10 && change == Change::none; ++i)
            change = breaker.failed(of(fault, answers++), start, 0);
        EXPECT_EQ(change == Change::opened, fault == Fault::no_connection);
    }
}

TEST(CircuitBreaker, ARatioBelowTheLimitOrOfTooFewNeverOpens) {
    CircuitBreaker breaker(few());
    std::uint64_t answers = 0;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(breaker.failed(of(Fault::no_connection, answers), start, 0), Change::none);
        answers += 2;
    }
    CircuitBreaker slow(few());
    auto now = start;
    for (int i = 0; i < 100; ++i) {  // each window has few
        EXPECT_EQ(slow.failed(of(Fault::no_connection, static_cast<std::uint64_t>(i)), now, 0),
                  Change::none);
        now += 4s;
    }
}

TEST(CircuitBreaker, OneProbeFindsOutWhetherItIsBetter) {
    auto breaker = opened(start);
    auto now = start + 1s;
    EXPECT_EQ(breaker.state(now), State::half_open);
    EXPECT_EQ(breaker.would_admit(now), Admission::probe);
    EXPECT_EQ(breaker.admit(now), Admission::probe);
    EXPECT_EQ(breaker.admit(now), Admission::refused);
    EXPECT_EQ(breaker.answered(true), Change::closed);
    EXPECT_EQ(breaker.admit(now), Admission::pass);
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(breaker.failed(of(Fault::no_connection, 1), now, 0), Change::none)
            << "the row has begun anew";
}

TEST(CircuitBreaker, EachProbeThatFailsDoublesTheTimeUpToItsLimit) {
    auto breaker = opened(start);
    auto now = start + 1s;
    for (const auto open : {2s, 4s, 4s}) {
        ASSERT_EQ(breaker.admit(now), Admission::probe);
        EXPECT_EQ(breaker.failed(of(Fault::no_connection, 0, true), now, 0), Change::none);
        EXPECT_EQ(breaker.next_probe(), now + open);
        now += open;
    }
    ASSERT_EQ(breaker.admit(now), Admission::probe);
    EXPECT_EQ(breaker.answered(true), Change::closed);
}

TEST(CircuitBreaker, AProbeThatReachedTheHostDoesNotMakeTheTimeLonger) {
    auto breaker = opened(start);
    auto now = start + 1s;
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(breaker.admit(now), Admission::probe);
        EXPECT_EQ(breaker.failed(of(Fault::no_answer, 0, true), now, 0), Change::none);
        EXPECT_EQ(breaker.next_probe(), now + 1s);
        now += 1s;
    }
}

TEST(CircuitBreaker, TheDiceSpreadTheNextProbeByAFifth) {
    CircuitBreaker breaker({.failures = 1, .open_time = 1s});
    EXPECT_EQ(breaker.failed(of(Fault::no_connection), start, 0.5), Change::opened);
    EXPECT_EQ(breaker.next_probe(), start + 900ms);
}

TEST(CircuitBreaker, AProbeThatWasGivenUpLeavesItsPlace) {
    auto breaker = opened(start);
    const auto now = start + 1s;
    ASSERT_EQ(breaker.admit(now), Admission::probe);
    breaker.gave_up(true);
    EXPECT_EQ(breaker.admit(now), Admission::probe);
}

TEST(CircuitBreaker, AProbeThatWaitsLongLetsAnotherGo) {
    auto breaker = opened(start);
    ASSERT_EQ(breaker.admit(start + 1s), Admission::probe);
    EXPECT_EQ(breaker.admit(start + 1999ms), Admission::refused);
    EXPECT_EQ(breaker.admit(start + 2s), Admission::probe);
}

TEST(CircuitBreaker, WhoBeganBeforeItOpenedNeitherClosesNorProlongsIt) {
    auto breaker = opened(start);
    EXPECT_EQ(breaker.answered(false), Change::none);
    EXPECT_EQ(breaker.failed(of(Fault::no_answer), start + 500ms, 0), Change::none);
    EXPECT_EQ(breaker.next_probe(), start + 1s);
}

TEST(CircuitBreaker, AHostSeenAliveIsAskedAtOnce) {
    auto breaker = opened(start);
    breaker.seen_alive(start + 100ms);
    EXPECT_EQ(breaker.admit(start + 100ms), Admission::probe);
}

TEST(CircuitBreaker, SwitchedOffItNeverOpens) {
    auto rules = few();
    rules.enabled = false;
    CircuitBreaker breaker(rules);
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(breaker.failed(of(Fault::no_connection), start, 0), Change::none);
    EXPECT_EQ(breaker.admit(start), Admission::pass);
}

/// Whatever happens: a host is never left alone for longer than open_time_max, nobody passes while
/// it is open, and a host that answers everybody is closed after one more request.
TEST(CircuitBreaker, HoldsForEveryOrderOfEvents) {
    std::mt19937_64 dice(4711);
    const auto below = [&](std::uint64_t most) {
        return std::uniform_int_distribution<std::uint64_t>(0, most - 1)(dice);
    };
    for (int round = 0; round < 300; ++round) {
        const auto rules = few();
        CircuitBreaker breaker(rules);
        auto now = start;
        std::uint64_t answers = 0;
        for (int i = 0; i < 400; ++i) {
            now += std::chrono::milliseconds(below(1500));
            const auto before = breaker.state(now);
            const auto admission = breaker.admit(now);
            ASSERT_EQ(admission == Admission::pass, before == State::closed);
            ASSERT_TRUE(before != State::open || admission == Admission::refused);
            if (before != State::closed) {
                ASSERT_LE(breaker.next_probe() - now, rules.open_time_max);
            }
            const bool probe = admission == Admission::probe;
            if (admission == Admission::refused) continue;
            switch (below(4)) {
                case 0:
                    ++answers;
                    ASSERT_EQ(breaker.answered(probe), probe ? Change::closed : Change::none);
                    break;
                case 1:
                    breaker.gave_up(probe);
                    break;
                default:
                    breaker.failed(
                        of(below(2) == 0 ? Fault::no_connection : Fault::no_answer, answers, probe),
                        now, 0.1 * static_cast<double>(below(10)));
            }
        }
        now += rules.open_time_max;
        const auto admission = breaker.admit(now);
        ASSERT_NE(admission, Admission::refused);
        breaker.answered(admission == Admission::probe);
        ASSERT_EQ(breaker.state(now), State::closed);
    }
}

}  // namespace
}  // namespace sallyport::agent
