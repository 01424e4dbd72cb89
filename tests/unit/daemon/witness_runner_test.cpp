#include "daemon/witness_runner.hpp"

#include "audit/segment.hpp"
#include "base/file.hpp"
#include "daemon/last_offer.hpp"
#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "net/within.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tlog/signer.hpp"
#include "tlog/witness.hpp"

#include <gtest/gtest.h>

#include <future>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;
using Kind = WitnessReply::Kind;

class WitnessRunnerTest : public testing::Test {
protected:
    explicit WitnessRunnerTest(std::chrono::milliseconds interval = 0ms) : interval_(interval) {
        audit::Settings settings;
        settings.folder = folder_.path() / "audit";
        settings.checkpoint_interval = 0ms;
        log_ = std::move(*audit::Log::open(settings));
        runner_.emplace(WitnessRunner::Wiring{
            .loop = loop_,
            .pool = pool_,
            .log = *log_,
            .name = "w",
            .interval = interval_,
            .key = [this] { return key_; },
            .ask = [this](audit::Unwitnessed offer) { return answer(std::move(offer)); }});
        tasks_.spawn("witness", runner_->run());
    }
    ~WitnessRunnerTest() override {
        tasks_.cancel();
        EXPECT_TRUE(test::run_until_done(loop_, tasks_));
    }

    net::Task<WitnessReply> answer(audit::Unwitnessed offer) {
        ++asked_;
        if (silent_) co_await net::sleep_for(1h);
        if (reply_) co_return *reply_;
        if (offer.old_size != known_) co_return WitnessReply{.kind = Kind::stale, .size = known_};
        known_ = offer.size;
        const auto text = tlog::Note::parse(offer.note)->text;
        co_return WitnessReply{.kind = Kind::cosigned,
                               .size = offer.size,
                               .lines = signer_.cosign(text, 1'800'000'000)->to_text()};
    }
    /// One more checkpoint.
    void grow(audit::Haste haste = audit::Haste::usual) {
        log_->append(audit::LinkUp{});
        EXPECT_TRUE(log_->seal(audit::not_recorded));
        runner_->wake(haste);
    }
    bool countersigned() {
        return test::run_until(loop_, [&] { return log_->sealed().witnessed; });
    }
    std::string refusal() const {
        const auto status = runner_->status();
        const auto* refusal = status.if_contains("refusal");
        return refusal == nullptr ? "" : std::string(refusal->at("code").as_string());
    }

    const std::chrono::milliseconds interval_;
    test::TemporaryFolder folder_;
    tlog::Cosigner signer_ =
        *tlog::Cosigner::create("w", *certs::Key::generate(certs::KeyKind::ed25519));
    std::optional<tlog::VerifierKey> key_ = signer_.verifier();
    std::unique_ptr<audit::Log> log_;
    net::Loop loop_;
    net::BlockingPool pool_;
    std::optional<WitnessRunner> runner_;
    net::TaskGroup tasks_{loop_};
    std::optional<WitnessReply> reply_;  // instead of a signature
    bool silent_ = false;
    std::uint64_t known_ = 0;
    int asked_ = 0;
};

TEST_F(WitnessRunnerTest, HasEveryCheckpointCountersigned) {
    EXPECT_TRUE(countersigned());
    for (int i = 0; i < 3; ++i) {
        grow();
        EXPECT_FALSE(log_->sealed().witnessed);
        EXPECT_TRUE(countersigned());
    }
    EXPECT_EQ(known_, log_->sealed().size);
    const auto status = runner_->status();
    EXPECT_EQ(status.at("countersigned").to_number<std::uint64_t>(), known_);
    EXPECT_EQ(status.at("not_countersigned").to_number<std::uint64_t>(), 0U);
    EXPECT_EQ(status.at("key").as_string(), signer_.verifier().to_text());
}

TEST_F(WitnessRunnerTest, GoesOnFromWhereTheWitnessSaysItIs) {
    known_ = 1;
    grow();
    EXPECT_TRUE(countersigned());
    EXPECT_EQ(asked_, 2);
}

/// However often it was tried while the files could not be read.
TEST_F(WitnessRunnerTest, GoesOnAlsoAfterTheWayFromThereCouldNotBeReadForAWhile) {
    known_ = 1;
    grow();
    const auto segment = audit::list_segments(folder_.path() / "audit")->front().path;
    std::filesystem::rename(segment, folder_.path() / "away");
    for (int i = 1; i <= WitnessRunner::stale_max + 2; ++i) {
        ASSERT_TRUE(test::run_until(loop_, [&] {
            runner_->hurry();
            return asked_ >= i;
        }));
    }
    std::filesystem::rename(folder_.path() / "away", segment);
    EXPECT_TRUE(test::run_until(loop_, [&] {
        runner_->hurry();
        return log_->sealed().witnessed;
    }));
}

TEST_F(WitnessRunnerTest, AWitnessThatKnowsMoreIsARollback) {
    known_ = 1'000;
    ASSERT_TRUE(test::run_until(loop_, [&] { return !refusal().empty(); }));
    EXPECT_EQ(refusal(), "rollback");
    EXPECT_EQ(asked_, 1);
}

TEST_F(WitnessRunnerTest, ARefusalStandsUntilItCountersignsAgain) {
    reply_ = WitnessReply{.kind = Kind::refused, .code = "fork", .text = "two trees"};
    ASSERT_TRUE(test::run_until(loop_, [&] { return refusal() == "fork"; }));
    EXPECT_FALSE(log_->sealed().witnessed);
    reply_.reset();
    runner_->hurry();
    EXPECT_TRUE(countersigned());
    ASSERT_TRUE(test::run_until(loop_, [&] { return refusal().empty(); }));
}

TEST_F(WitnessRunnerTest, NobodyElsesSignatureIsKept) {
    const auto other = *tlog::Cosigner::create("w", *certs::Key::generate(certs::KeyKind::ed25519));
    key_ = other.verifier();
    ASSERT_TRUE(test::run_until(loop_, [&] { return !refusal().empty(); }));
    EXPECT_EQ(refusal(), "bad_signature");
    EXPECT_FALSE(log_->sealed().witnessed);
}

TEST_F(WitnessRunnerTest, WithoutAKeyNothingIsOffered) {
    key_.reset();
    grow();
    test::settle(loop_);
    EXPECT_EQ(asked_, 0);
    EXPECT_TRUE(runner_->status().at("key").is_null());
}

TEST_F(WitnessRunnerTest, WhoCannotBeAskedIsAskedAgainLater) {
    reply_ = WitnessReply{.text = "no link"};
    ASSERT_TRUE(test::run_until(loop_, [&] { return runner_->status().contains("last_error"); }));
    EXPECT_EQ(runner_->status().at("last_error").as_string(), "no link");
    reply_.reset();
    runner_->hurry();
    EXPECT_TRUE(countersigned());
    EXPECT_TRUE(test::run_until(loop_, [&] { return !runner_->status().contains("last_error"); }));
}

TEST_F(WitnessRunnerTest, ARefusalIsOnRecordOnce) {
    reply_ = WitnessReply{.kind = Kind::refused, .code = "fork", .text = "two trees"};
    ASSERT_TRUE(test::run_until(loop_, [&] { return refusal() == "fork"; }));
    const auto asked = asked_;
    runner_->hurry();
    ASSERT_TRUE(test::run_until(loop_, [&] { return asked_ > asked; }));
    test::settle(loop_);
    ASSERT_TRUE(log_->seal(audit::not_recorded));
    const auto text = *read_file(folder_.path() / "audit" / "00000000000000000000.jsonl");
    constexpr std::string_view event = R"("event":"witness.refused")";
    const auto first = text.find(event);
    ASSERT_NE(first, text.npos) << text;
    EXPECT_NE(text.find(R"("witness":"w","code":"fork","reason":"two trees")", first), text.npos);
    EXPECT_EQ(text.find(event, first + 1), text.npos);
}

/// The interval never ends within a test.
class PatientRunnerTest : public WitnessRunnerTest {
protected:
    PatientRunnerTest() : WitnessRunnerTest(24h) { EXPECT_TRUE(countersigned()); }
};

TEST_F(PatientRunnerTest, WhatIsUrgentDoesNotWaitForTheInterval) {
    grow();
    test::settle(loop_);
    EXPECT_EQ(asked_, 1);
    grow(audit::Haste::at_once);
    EXPECT_TRUE(countersigned());
    EXPECT_EQ(asked_, 2) << "one offer for both";
}

TEST_F(PatientRunnerTest, UrgentCheckpointsComeASecondApart) {
    const auto before = net::Loop::now();
    for (int i = 0; i < 3; ++i) grow(audit::Haste::at_once);
    EXPECT_TRUE(countersigned());
    EXPECT_EQ(asked_, 2);
    EXPECT_GE(net::Loop::now() - before + 500ms, WitnessRunner::gap_min);
}

TEST_F(PatientRunnerTest, WhoHasJustFailedIsNotAskedMoreOftenForWhatIsUrgent) {
    reply_ = WitnessReply{.text = "away"};
    grow(audit::Haste::at_once);
    ASSERT_TRUE(test::run_until(loop_, [&] { return runner_->status().contains("last_error"); }));
    const auto asked = asked_;
    grow(audit::Haste::at_once);
    test::settle(loop_);
    EXPECT_EQ(asked_, asked);
}

/// A witness that is not asked again by itself.
class LastOfferTest : public WitnessRunnerTest {
protected:
    LastOfferTest() : WitnessRunnerTest(1h) {}
    static constexpr std::chrono::milliseconds long_enough = 1h;
    void offer(net::BlockingPool& pool, std::chrono::milliseconds wait) {
        std::function<bool(std::uint64_t)> press = [this](std::uint64_t size) {
            return runner_->press(size);
        };
        net::TaskGroup stopping(loop_);
        stopping.spawn("offer", offer_before_stop(loop_, pool, *log_, std::move(press), wait));
        EXPECT_TRUE(test::run_until_done(loop_, stopping));
    }
    void offer() { offer(pool_, long_enough); }
};

TEST_F(LastOfferTest, AStopHasWhatIsOnRecordCountersigned) {
    ASSERT_TRUE(countersigned());
    const auto before = known_;
    log_->append(audit::LinkUp{});
    ASSERT_TRUE(log_->write());
    offer();
    EXPECT_EQ(known_, before + 1);
    EXPECT_TRUE(log_->sealed().witnessed);
    const auto asked = asked_;
    offer();
    EXPECT_EQ(asked_, asked) << "there is nothing new";
}

TEST_F(LastOfferTest, AStopDoesNotWaitForADiskThatHangs) {
    ASSERT_TRUE(countersigned());
    log_->append(audit::LinkUp{});
    const auto before = known_;
    std::promise<void> disk;
    net::BlockingPool pool(1);
    ASSERT_TRUE(pool.submit([answer = disk.get_future().share()] { answer.wait(); }));
    offer(pool, 20ms);
    EXPECT_EQ(known_, before) << "it is not sealed, so there is nothing to countersign";
    disk.set_value();
}

TEST_F(LastOfferTest, AStopDoesNotWaitForAWitnessThatIsSilent) {
    ASSERT_TRUE(countersigned());
    log_->append(audit::LinkUp{});
    silent_ = true;
    offer(pool_, 20ms);
    EXPECT_FALSE(log_->sealed().witnessed);
}

TEST_F(LastOfferTest, AStopDoesNotWaitForWhoCannotBeAskedOrRefuses) {
    for (const auto kind : {Kind::failed, Kind::refused}) {
        reply_ = WitnessReply{.kind = kind, .code = "fork", .text = "no"};
        runner_->hurry();
        ASSERT_TRUE(test::run_until(loop_, [&] { return !runner_->owes(audit::not_recorded); }));
        log_->append(audit::LinkUp{});
        const auto asked = asked_;
        offer();
        EXPECT_EQ(asked_, asked);
        EXPECT_FALSE(log_->sealed().witnessed);
    }
}

}  // namespace
}  // namespace sallyport::daemon
