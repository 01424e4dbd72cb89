#include "agent/rotation.hpp"

#include "base/bytes.hpp"
#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

const test::TestPki& pki() {
    static const test::TestPki instance;
    return instance;
}

certs::Identity identity_of(const test::Held& held) {
    return {.slot = certs::Slot::a,
            .key = held.key,
            .chain = {held.certificate},
            .anchors = pki().anchors(),
            .prepared_at = std::chrono::floor<std::chrono::seconds>(pki().now())};
}

HubConfig hub_at(const char* name, const char* url) {
    HubConfig hub;
    hub.name = name;
    hub.url = url;
    return hub;
}

TEST(Rotation, RenewsAtTheHubThatItsCertificateNames) {
    const auto identity = identity_of(pki().agent());
    const auto other = hub_at("other", "https://other.test");
    const auto own = hub_at("own", "https://hub.test:8443");
    EXPECT_EQ(renewing_hub({other, own}, identity).name, "own");
    EXPECT_EQ(renewing_hub({other}, identity).name, "other");
}

TEST(Rotation, OtherAuthoritiesOrAnotherIssuerAreAReasonToRenew) {
    const auto identity = identity_of(pki().agent());
    const auto ours = to_hex(pki().ca().public_key_hash());
    const auto next = to_hex(test::TestPki("next").ca().public_key_hash());
    EXPECT_FALSE(differs(identity, {{ours}, ours}));
    EXPECT_TRUE(differs(identity, {{ours, next}, ours})) << "one more to trust";
    EXPECT_TRUE(differs(identity, {{ours, next}, next})) << "signs from now on";
    EXPECT_TRUE(differs(identity, {{next}, next})) << "ours was retired";
}

/// An agent whose clocks the test holds, and whose hub is not there.
class RotationTest : public testing::Test {
protected:
    RotationTest() {
        const auto held = pki().agent();
        const std::vector chain{held.certificate};
        const auto anchors = pki().anchors();
        const auto slot = store_.prepare(held.key, chain, anchors, pki().now());
        EXPECT_TRUE(slot && store_.activate(*slot));
        serial_ = held.certificate.serial();
        life_ = held.certificate.not_after() - pki().now();
    }
    ~RotationTest() override {
        tasks_.cancel();
        test::run_until_done(loop_, tasks_);
    }
    void start() {
        Rotation::Wiring wiring{.loop = loop_,
                                .pool = pool_,
                                .budget = budget_,
                                .identity_folder = folder_.path(),
                                // Port 1 of this machine: nobody listens there.
                                .hubs = {hub_at("hub", "https://127.0.0.1:1")},
                                .hello = [](const HubConfig&) { return tunnel::Hello{}; },
                                .activated = [this] { ++activated_; },
                                .now = [this] { return now_; },
                                .dice = [] { return 0.5; },
                                .tick_max = 1ms};
        rotation_.emplace(std::move(wiring));
        tasks_.spawn("rotation", rotation_->run());
    }
    bool until_failures(std::uint32_t count) {
        return test::run_until(loop_, [&] { return rotation_->status().failures >= count; });
    }

    test::TemporaryFolder folder_;
    certs::IdentityStore store_ = *certs::IdentityStore::open(folder_.path());
    net::Loop loop_;
    net::BlockingPool pool_{1};
    tunnel::MemoryBudget budget_{1024 * 1024};
    net::TaskGroup tasks_{loop_};
    certs::Moment now_{pki().now(), 1h};
    std::optional<Rotation> rotation_;
    std::string serial_;
    std::chrono::nanoseconds life_{};
    int activated_ = 0;
};

TEST_F(RotationTest, AFailureIsToldAndTriedAgainAndTouchesNothing) {
    start();
    EXPECT_EQ(rotation_->status().failures, 0U);
    now_.boot += life_ * 2 / 3;  // only the clock that is never set: the wall stands still
    ASSERT_TRUE(until_failures(1));
    EXPECT_FALSE(rotation_->status().last_error.empty());
    now_.boot += 1h;
    ASSERT_TRUE(until_failures(2));
    EXPECT_EQ(store_.load_active()->chain.front().serial(), serial_);
    EXPECT_EQ(activated_, 0);
}

TEST_F(RotationTest, WaitsWhileSomebodyElseChangesTheIdentity) {
    auto other = store_.lock();
    ASSERT_TRUE(other);
    start();
    rotation_->renew_now();
    ASSERT_TRUE(until_failures(1));
    EXPECT_NE(rotation_->status().last_error.find("sallyport enroll"), std::string::npos);
    EXPECT_EQ(rotation_->status().failed_renewals, 1U);
    other = Error{Errc::closed, "released"};
    now_.boot += 1h;
    ASSERT_TRUE(until_failures(2));
    EXPECT_EQ(rotation_->status().last_error.find("sallyport enroll"), std::string::npos);
    EXPECT_EQ(rotation_->status().failed_renewals, 2U);
    EXPECT_TRUE(store_.lock()) << "nobody keeps it between two attempts";
}

TEST_F(RotationTest, ThreeFailuresAndTheEndOfTheLifeAreVisible) {
    start();
    rotation_->renew_now();
    ASSERT_TRUE(until_failures(1));
    EXPECT_EQ(rotation_->status().health, certs::RenewalHealth::good);
    for (std::uint32_t failures = 2; failures <= certs::failures_until_warning; ++failures) {
        now_.boot += 1h;
        ASSERT_TRUE(until_failures(failures));
    }
    EXPECT_EQ(rotation_->status().health, certs::RenewalHealth::late);
    now_.wall += std::chrono::duration_cast<certs::Time::duration>(life_);
    EXPECT_EQ(rotation_->status().health, certs::RenewalHealth::expired);
}

}  // namespace
}  // namespace sallyport::agent
