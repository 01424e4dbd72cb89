#include "agent/kerberos_logins.hpp"
#include "agent/kerberos_tokens.hpp"
#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "tests/support/fake_kdc.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/waiting_answer.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <latch>
#include <thread>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

KerberosOrder order_of(const std::string& user, const std::string& service = "HTTP/web.test") {
    return {.account = {"/k", "HTTP/agent@CORP.TEST"},
            .user = user + "@CORP.TEST",
            .service = service + "@CORP.TEST"};
}

class KerberosTicketsTest : public testing::Test {
protected:
    bool at_hand(const KerberosOrder& order) {
        const auto token = tickets_.at_hand(order);
        EXPECT_TRUE(token || token.error().code == Errc::not_found);
        return token.has_value();
    }
    bool obtain(const KerberosOrder& order) { return tickets_.obtain(order).has_value(); }
    boost::system::error_code fault(const KerberosOrder& order) {
        const auto token = tickets_.obtain(order);
        return token ? boost::system::error_code() : token.error().code;
    }

    test::FakeKdc kdc_;
    KerberosTickets tickets_{kdc_.world()};
    const KerberosOrder jane_ = order_of("jane");
    const KerberosOrder john_ = order_of("john");
};

TEST_F(KerberosTicketsTest, AreAskedForOnceAndEachTokenIsAnother) {
    EXPECT_FALSE(at_hand(jane_));
    const auto first = tickets_.obtain(jane_);
    const auto second = tickets_.at_hand(jane_);
    const auto third = tickets_.obtain(jane_);
    ASSERT_TRUE(first && second && third);
    EXPECT_NE(first->reveal(), second->reveal());
    EXPECT_NE(second->reveal(), third->reveal());
    for (const auto* token : {&*first, &*second, &*third})
        EXPECT_EQ(test::FakeKdc::user_in(token->reveal()), "jane");
    EXPECT_EQ(kdc_.impersonations(), 1u);
    EXPECT_EQ(kdc_.log_ons(), 1u);
}

TEST_F(KerberosTicketsTest, AreForOneUserAndOneService) {
    EXPECT_TRUE(obtain(jane_));
    EXPECT_FALSE(at_hand(john_));
    EXPECT_FALSE(at_hand(order_of("jane", "HTTP/other.test")));
    EXPECT_TRUE(obtain(john_));
    EXPECT_EQ(test::FakeKdc::user_in(tickets_.at_hand(john_)->reveal()), "john");
    EXPECT_EQ(test::FakeKdc::user_in(tickets_.at_hand(jane_)->reveal()), "jane");
    EXPECT_EQ(kdc_.log_ons(), 1u);
}

TEST_F(KerberosTicketsTest, AreNotUsedShortlyBeforeTheirEnd) {
    EXPECT_TRUE(obtain(jane_));
    kdc_.advance(1h - KerberosTickets::reserve - 1ns);
    EXPECT_TRUE(at_hand(jane_));
    kdc_.advance(1ns);
    EXPECT_FALSE(at_hand(jane_));
    EXPECT_TRUE(obtain(jane_));
    EXPECT_EQ(kdc_.impersonations(), 2u);
    EXPECT_EQ(kdc_.log_ons(), 2u) << "nor are the agent's own";
}

TEST_F(KerberosTicketsTest, OfAShortLifeKeepATenthOfIt) {
    kdc_.user_lifetime = 100s;
    EXPECT_TRUE(obtain(jane_));
    kdc_.advance(90s - 1ns);
    EXPECT_TRUE(at_hand(jane_));
    kdc_.advance(1ns);
    EXPECT_FALSE(at_hand(jane_));
}

TEST_F(KerberosTicketsTest, AreBoundedAndTheOneNotUsedForLongestGoes) {
    const auto user = [](std::size_t n) { return order_of("u" + std::to_string(n)); };
    for (std::size_t n = 0; n < KerberosTickets::remembered_tickets_max; ++n)
        EXPECT_TRUE(obtain(user(n)));
    EXPECT_TRUE(at_hand(user(0)));
    EXPECT_TRUE(obtain(jane_));
    EXPECT_TRUE(at_hand(user(0)));
    EXPECT_FALSE(at_hand(user(1)));
    EXPECT_TRUE(at_hand(user(2)));
    EXPECT_TRUE(at_hand(jane_));
}

TEST_F(KerberosTicketsTest, OfAnotherAccountAreOfNoUse) {
    EXPECT_TRUE(obtain(jane_));
    auto other = jane_;
    other.account.principal = "HTTP/other@CORP.TEST";
    EXPECT_FALSE(at_hand(other));
    EXPECT_TRUE(obtain(other));
    EXPECT_FALSE(at_hand(jane_)) << "one account at a time";
    EXPECT_EQ(kdc_.log_ons(), 2u);
}

TEST_F(KerberosTicketsTest, AKdcThatIsAwayIsNotAskedAgainAtOnce) {
    EXPECT_TRUE(obtain(john_));
    kdc_.fail_with(Error{KerberosFault::unreachable, "away"});
    EXPECT_EQ(fault(jane_), KerberosFault::unreachable);
    EXPECT_EQ(fault(jane_), KerberosFault::unreachable);
    EXPECT_EQ(fault(order_of("jim")), KerberosFault::unreachable);
    EXPECT_EQ(kdc_.impersonations(), 2u) << "john's and one try";
    EXPECT_TRUE(at_hand(john_)) << "what is there works on";
    kdc_.fail_with({});
    kdc_.advance(KerberosOutages::pause);
    EXPECT_TRUE(obtain(jane_));
}

TEST_F(KerberosTicketsTest, ThatHaveEndedByTheTimeOfDayAreAskedForAnew) {
    EXPECT_TRUE(obtain(jane_));
    kdc_.end_tickets();
    EXPECT_FALSE(at_hand(jane_));
    EXPECT_TRUE(obtain(jane_));
    EXPECT_TRUE(at_hand(jane_));
    kdc_.end_tickets();
    EXPECT_TRUE(obtain(jane_)) << "also if nobody looked for them at hand";
    EXPECT_EQ(kdc_.impersonations(), 3u);
}

TEST_F(KerberosTicketsTest, ARealmThatIsSilentKeepsNobodyOfAnotherWaiting) {
    const KerberosOrder partner{jane_.account, "joe@PARTNER.TEST", jane_.service};
    kdc_.fail_with(Error{KerberosFault::unreachable, "silent"}, "@PARTNER.TEST");
    EXPECT_EQ(fault(partner), KerberosFault::unreachable);
    EXPECT_TRUE(obtain(jane_));
    EXPECT_EQ(fault(partner), KerberosFault::unreachable);
    EXPECT_EQ(kdc_.impersonations(), 2u) << "one for the partner, one for jane";
    // The agent's own realm is one of those in need of an answer.
    kdc_.fail_with(Error{KerberosFault::unreachable, "silent"}, "@CORP.TEST");
    EXPECT_EQ(fault(john_), KerberosFault::unreachable);
    kdc_.advance(KerberosOutages::pause);
    EXPECT_TRUE(obtain(partner)) << "the agent has a ticket of its own";
}

TEST_F(KerberosTicketsTest, AUserWhomTheKdcRefusesKeepsNobodyElseOut) {
    kdc_.fail_with(Error{KerberosFault::user_refused, "locked"});
    EXPECT_EQ(fault(jane_), KerberosFault::user_refused);
    kdc_.fail_with({});
    EXPECT_TRUE(obtain(john_));
    EXPECT_TRUE(obtain(jane_)) << "and is asked for anew";
}

TEST_F(KerberosTicketsTest, AfterAFailureOfItsOwnTheAgentLogsOnAgain) {
    EXPECT_TRUE(obtain(john_));
    for (const auto failure : {KerberosFault::failed, KerberosFault::account}) {
        const auto before = kdc_.log_ons();
        kdc_.fail_with(Error{failure, "ticket of the agent"});
        EXPECT_EQ(fault(jane_), failure);
        kdc_.fail_with({});
        EXPECT_TRUE(obtain(order_of("u" + std::to_string(static_cast<int>(failure)))));
        EXPECT_EQ(kdc_.log_ons(), before + 1);
    }
}

TEST_F(KerberosTicketsTest, ThatAServiceRefusedAreDroppedButNotInALoop) {
    EXPECT_TRUE(obtain(jane_));
    tickets_.refused(jane_);
    EXPECT_TRUE(at_hand(jane_)) << "too fresh to be the reason";
    kdc_.advance(KerberosTickets::pause);
    tickets_.refused(john_);
    EXPECT_TRUE(at_hand(jane_)) << "somebody else's";
    tickets_.refused(jane_);
    EXPECT_FALSE(at_hand(jane_));
}

TEST_F(KerberosTicketsTest, TwoThreadsThatAskForOneUserAtOnceBothGetATokenAndNobodyWaits) {
    EXPECT_TRUE(obtain(john_));
    std::barrier both(3);  // the two questions, and this thread
    kdc_.on_question = [&] {
        both.arrive_and_wait();
        both.arrive_and_wait();
    };
    std::string tokens[2];
    const auto ask = [&](std::string& token) {
        const auto got = tickets_.obtain(jane_);
        if (got) token = got->reveal();
    };
    std::thread one([&] { ask(tokens[0]); });
    std::thread two([&] { ask(tokens[1]); });
    both.arrive_and_wait();
    EXPECT_TRUE(at_hand(john_)) << "while the KDC is asked";
    both.arrive_and_wait();
    one.join();
    two.join();
    EXPECT_EQ(test::FakeKdc::user_in(tokens[0]), "jane");
    EXPECT_EQ(test::FakeKdc::user_in(tokens[1]), "jane");
    EXPECT_NE(tokens[0], tokens[1]);
    EXPECT_TRUE(obtain(jane_));
    EXPECT_EQ(kdc_.impersonations(), 3u) << "one for john, and no third for jane";
}

/// One that waits for a KDC that says nothing, until the test lets it.
struct SilentTokens final : KerberosTokens {
    Result<Secret> at_hand(const KerberosOrder&) override { return Error{Errc::not_found, {}}; }
    Result<Secret> obtain(const KerberosOrder&) override {
        asked.count_down();
        answer.wait();
        return Secret("Negotiate late");
    }
    void refused(const KerberosOrder&) override {}
    std::latch asked{1};
    std::latch answer{1};
};

class KerberosLoginsTest : public testing::Test {
protected:
    net::Task<void> log_in(KerberosLogins& logins, test::WaitingAnswer& caller,
                           std::optional<Result<LoginPtr>>& got) {
        got = co_await logins.login(order_of("jane"), caller);
    }
    boost::system::error_code code_of(const std::optional<Result<LoginPtr>>& got) const {
        return got && !*got ? got->error().code : boost::system::error_code();
    }

    net::Loop loop_;
    net::Loop other_loop_;
    net::BlockingPool pool_{2};  // goes before the loops that its jobs answer to
    std::shared_ptr<net::BlockingLane> lane_ = std::make_shared<net::BlockingLane>(pool_);
    test::WaitingAnswer caller_{loop_};
};

TEST_F(KerberosLoginsTest, AKdcThatSaysNothingIsNotWaitedForLongerThanThat) {
    const auto silent = std::make_shared<SilentTokens>();
    KerberosLogins logins(loop_, pool_, {silent, lane_}, 1ms);
    std::optional<Result<LoginPtr>> got;
    net::TaskGroup group(loop_);
    group.spawn("login", log_in(logins, caller_, got));
    EXPECT_TRUE(test::run_until_done(loop_, group));
    EXPECT_EQ(code_of(got), KerberosFault::unreachable);
    silent->answer.count_down();
}

TEST_F(KerberosLoginsTest, WhoLeavesIsNotWaitedFor) {
    const auto silent = std::make_shared<SilentTokens>();
    KerberosLogins logins(loop_, pool_, {silent, lane_});
    std::optional<Result<LoginPtr>> got;
    net::TaskGroup group(loop_);
    group.spawn("login", log_in(logins, caller_, got));
    ASSERT_TRUE(test::run_until(loop_, [&] { return silent->asked.try_wait(); }));
    EXPECT_FALSE(got);
    caller_.leave();
    EXPECT_TRUE(test::run_until_done(loop_, group));
    EXPECT_EQ(code_of(got), Errc::aborted);
    silent->answer.count_down();
}

TEST_F(KerberosLoginsTest, WithoutALaneTheAdministratorIsTold) {
    KerberosLogins logins(loop_, pool_, {});
    std::optional<Result<LoginPtr>> got;
    net::TaskGroup group(loop_);
    group.spawn("login", log_in(logins, caller_, got));
    EXPECT_TRUE(test::run_until_done(loop_, group));
    EXPECT_EQ(code_of(got), KerberosFault::failed);
}

TEST_F(KerberosLoginsTest, TwoWorkersThatAskForOneUserGetALoginEach) {
    test::FakeKdc kdc;
    const KerberosShared shared{std::make_shared<KerberosTickets>(kdc.world()), lane_};
    test::WaitingAnswer other_caller(other_loop_);
    KerberosLogins one(loop_, pool_, shared);
    KerberosLogins two(other_loop_, pool_, shared);
    std::optional<Result<LoginPtr>> first;
    std::optional<Result<LoginPtr>> second;
    net::TaskGroup group(loop_);
    net::TaskGroup other_group(other_loop_);
    group.spawn("login", log_in(one, caller_, first));
    other_group.spawn("login", log_in(two, other_caller, second));
    std::thread other_thread([&] { test::run_until_done(other_loop_, other_group); });
    EXPECT_TRUE(test::run_until_done(loop_, group));
    other_thread.join();
    ASSERT_TRUE(first && *first && second && *second);
    const auto shown = [](const LoginPtr& login) { return login->fields.front().value.reveal(); };
    EXPECT_EQ(test::FakeKdc::user_in(shown(**first)), "jane");
    EXPECT_EQ(test::FakeKdc::user_in(shown(**second)), "jane");
    EXPECT_NE(shown(**first), shown(**second)) << "a token is good once";
    EXPECT_TRUE((**first)->drops_authorization);
    EXPECT_LE(kdc.impersonations(), net::BlockingLane::lane_threads);
}

}  // namespace
}  // namespace sallyport::agent
