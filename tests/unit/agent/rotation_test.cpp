#include "agent/rotation.hpp"

#include "agent/trial_link.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "net/blocking_pool.hpp"
#include "net/listener.hpp"
#include "net/socket_duplex.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/support/wire_talk.hpp"

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

TEST(Rotation, OnlyARefusalOfTheCertificateSpeaksAgainstIt) {
    for (const auto* code : {"not_granted", "outdated"})
        EXPECT_TRUE(condemns(trial_error({code, "x"}))) << code;
    for (const auto* code : {"conflict", "clone", "version", "something new", ""})
        EXPECT_FALSE(condemns(trial_error({code, "x"}))) << code;
    EXPECT_TRUE(condemns(Error{Errc::untrusted, "bad certificate"}));
    for (const auto code : {Errc::denied, Errc::timed_out, Errc::unavailable, Errc::cut})
        EXPECT_FALSE(condemns(Error{code, "of the way to the hub"}));
    EXPECT_EQ(trial_error({"clone", "run this"}).detail,
              "the hub refused the new certificate (clone): run this");
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
                                .hubs = {hub_},
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
    // Port 1 of this machine: nobody listens there.
    HubConfig hub_ = hub_at("hub", "https://127.0.0.1:1");
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

/// With a certificate that came before the last restart and was not tried yet.
class PreparedRotationTest : public RotationTest {
protected:
    PreparedRotationTest() {
        const auto held = pki().agent();
        const std::vector chain{held.certificate};
        const auto anchors = pki().anchors();
        EXPECT_TRUE(replace_file(folder_.path() / "pending.pem", held.key_pem(), 0600));
        EXPECT_TRUE(store_.prepare(held.key, chain, anchors, pki().now()));
        candidate_ = held.certificate.serial();
    }
    void expect_both_are_there() {
        const auto prepared = store_.prepared();
        ASSERT_TRUE(prepared);
        EXPECT_EQ(prepared->chain.front().serial(), candidate_);
        EXPECT_EQ(store_.load_active()->chain.front().serial(), serial_);
        EXPECT_EQ(activated_, 0);
    }
    std::string candidate_;
};

TEST_F(PreparedRotationTest, AHubThatIsAwayDoesNotSpeakAgainstIt) {
    start();
    ASSERT_TRUE(until_failures(1));
    expect_both_are_there();
}

TEST_F(PreparedRotationTest, NorDoesAProxyThatRefuses) {
    std::vector<std::unique_ptr<test::WireTalk>> proxies;
    net::Listener listener(
        loop_, net::ListeningSocket::open("127.0.0.1:0").value(), [&](FileDescriptor socket) {
            proxies.push_back(std::make_unique<test::WireTalk>(
                loop_, std::make_unique<net::SocketDuplex>(std::move(socket))));
            proxies.back()->say("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        });
    ASSERT_TRUE(listener.start());
    hub_.proxy = "http://127.0.0.1:" + std::to_string(listener.socket().port());
    start();
    ASSERT_TRUE(until_failures(1));
    EXPECT_FALSE(proxies.empty());
    EXPECT_NE(rotation_->status().last_error.find("proxy"), std::string::npos);
    expect_both_are_there();
}

/// Closes each connection after the first bytes, and says in TLS why.
TEST_F(PreparedRotationTest, ButATlsAlertDoesAndTheActiveOneStays) {
    std::vector<std::unique_ptr<test::WireTalk>> hubs;
    net::Listener listener(
        loop_, net::ListeningSocket::open("127.0.0.1:0").value(), [&](FileDescriptor socket) {
            hubs.push_back(std::make_unique<test::WireTalk>(
                loop_, std::make_unique<net::SocketDuplex>(std::move(socket))));
            // RFC 8446 section 6: fatal, certificate_revoked.
            hubs.back()->say(std::string_view("\x15\x03\x03\x00\x02\x02\x2c", 7));
        });
    ASSERT_TRUE(listener.start());
    hub_.url = "https://127.0.0.1:" + std::to_string(listener.socket().port());
    start();
    ASSERT_TRUE(until_failures(1));
    EXPECT_FALSE(hubs.empty());
    EXPECT_FALSE(store_.prepared());
    EXPECT_EQ(store_.load_active()->chain.front().serial(), serial_);
    EXPECT_EQ(activated_, 0);
    now_.boot += 1h;
    ASSERT_TRUE(until_failures(2)) << "and another one is asked for";
    EXPECT_EQ(store_.load_active()->chain.front().serial(), serial_);
}

}  // namespace
}  // namespace sallyport::agent
