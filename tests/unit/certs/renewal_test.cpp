#include "certs/renewal.hpp"

#include "certs/authority.hpp"
#include "certs/key.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;

const Time issue{1'800'000'000s};
const Life month{issue, issue + 720h};
const Life minute{issue, issue + 60s};

Moment at(std::chrono::nanoseconds since_issue) {
    return {issue + std::chrono::duration_cast<Time::duration>(since_issue), 1'000h + since_issue};
}

TEST(Renewal, IsBetweenFiftyAndSixtySixPercentOfTheLifeFromTheIssueOn) {
    EXPECT_EQ(renewal_time(month, 0.0), issue + 360h);
    EXPECT_GE(renewal_time(month, 0.999'999), issue + 475h);
    EXPECT_LE(renewal_time(month, 0.999'999), issue + 475h + 12min);
    EXPECT_EQ(renewal_time(minute, 0.5), issue + 34'800ms);
}

TEST(Renewal, CountsFromTheIssueNotFromTheBackDatedBeginning) {
    const auto authority = *Authority::create("test", issue);
    const auto key = *Key::generate(KeyKind::p256);
    const auto name = *AgentName::make("hub.test", "t", "a");
    const auto certificate = *authority.issue_agent(key.public_key(), name, 60s, issue);
    EXPECT_EQ(Life::of(certificate, issue).issued, issue);
    EXPECT_EQ(Life::of(certificate, issue).length(), 60s);
    // A clock that was wrong when the certificate came does not lead out of its dates.
    EXPECT_EQ(Life::of(certificate, issue - 1h).issued, certificate.not_before());
    EXPECT_EQ(Life::of(certificate, issue + 1h).issued, certificate.not_after());
}

TEST(Renewal, EachCertificateHasItsOwnDiceAndKeepsThem) {
    const auto authority = *Authority::create("test", issue);
    const auto key = *Key::generate(KeyKind::p256);
    const auto name = *AgentName::make("hub.test", "t", "a");
    const auto one = *authority.issue_agent(key.public_key(), name, 60s, issue);
    const auto two = *authority.issue_agent(key.public_key(), name, 60s, issue);
    EXPECT_EQ(dice_of(one), dice_of(*Certificate::from_der(one.to_der())));
    EXPECT_NE(dice_of(one), dice_of(two));
    EXPECT_GE(dice_of(one), 0.0);
    EXPECT_LT(dice_of(one), 1.0);
}

TEST(Renewal, RetriesDoubleUpToATwentiethOfTheLifeAndToAnHour) {
    EXPECT_EQ(retry_delay(minute, 1, 1.0), 300ms);
    EXPECT_EQ(retry_delay(minute, 1, 0.0), 150ms);
    EXPECT_EQ(retry_delay(minute, 2, 1.0), 600ms);
    EXPECT_EQ(retry_delay(minute, 30, 1.0), 3s);
    EXPECT_EQ(retry_delay(month, 1, 1.0), 1h);
    EXPECT_EQ(retry_delay(month, 4'000'000'000U, 1.0), 1h);
    EXPECT_EQ(retry_delay({issue, issue}, 1, 1.0), 100ms) << "never at once";
}

TEST(Renewal, EveryClockThatGetsThereMakesItDue) {
    const RenewalSchedule schedule(month, 0.0, at(0s));
    EXPECT_FALSE(schedule.is_due(at(359h)));
    EXPECT_TRUE(schedule.is_due(at(360h)));
    auto suspended = at(360h);  // slept through: boot time counts sleep
    EXPECT_TRUE(schedule.is_due(suspended));
    auto set_back = at(361h);
    set_back.wall -= 8'760h;
    EXPECT_TRUE(schedule.is_due(set_back)) << "a wall clock set back puts nothing off";
    auto set_forward = at(1h);
    set_forward.wall += 8'760h;
    EXPECT_TRUE(schedule.is_due(set_forward));
}

TEST(Renewal, ARestartAfterTheDateDoesItAtOnce) {
    EXPECT_TRUE(RenewalSchedule(month, 0.5, at(500h)).is_due(at(500h)));
    EXPECT_TRUE(RenewalSchedule(month, 0.5, at(900h)).is_due(at(900h))) << "expired, too";
}

TEST(Renewal, AFailureWaitsAndIsCountedAndDoesNotHammerAfterTheDate) {
    RenewalSchedule schedule(minute, 0.0, at(0s));
    schedule.failed(at(30s), 1.0);
    EXPECT_EQ(schedule.failures(), 1U);
    EXPECT_FALSE(schedule.is_due(at(30'299ms)));
    EXPECT_TRUE(schedule.is_due(at(30'300ms)));
    schedule.failed(at(31s), 1.0, 5s);
    EXPECT_FALSE(schedule.is_due(at(35'999ms))) << "a Retry-After is respected";
    EXPECT_EQ(schedule.next(at(31s)), issue + 36s);
    EXPECT_TRUE(schedule.is_due(at(36s)));
}

TEST(Renewal, CanBeHastenedButNeverPutOff) {
    RenewalSchedule schedule(month, 0.0, at(0s));
    schedule.hasten(at(1h), 10min, 0.5);
    EXPECT_FALSE(schedule.is_due(at(1h + 299s)));
    EXPECT_TRUE(schedule.is_due(at(1h + 300s)));
    schedule.hasten(at(1h), 1'000h, 0.9);
    EXPECT_EQ(schedule.next(at(1h)), issue + 1h + 5min);
}

TEST(Renewal, TellsWhenItIsSomebodysBusiness) {
    EXPECT_EQ(judge_renewal(month, issue + 400h, 0), RenewalHealth::good);
    EXPECT_EQ(judge_renewal(month, issue + 400h, 2), RenewalHealth::good);
    EXPECT_EQ(judge_renewal(month, issue + 400h, 3), RenewalHealth::late);
    EXPECT_EQ(judge_renewal(month, issue + 540h, 0), RenewalHealth::late);
    EXPECT_EQ(judge_renewal(month, issue + 648h, 0), RenewalHealth::critical);
    EXPECT_EQ(judge_renewal(month, issue + 720h, 0), RenewalHealth::expired);
}

TEST(Renewal, TheClockSinceBootNeverRunsBackwards) {
    const auto first = moment_now();
    const auto second = moment_now();
    EXPECT_GE(second.boot, first.boot);
}

}  // namespace
}  // namespace sallyport::certs
