// Clients for whom an authority outside the hub vouches (docs/PROTOCOL.md#external).
#include "base/error.hpp"
#include "certs/revocation.hpp"
#include "tests/support/test_revocation_list.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using namespace std::chrono_literals;
using test::Held;
using test::shake_hands;
using test::TestPki;
using test::TlsPair;
using test::TlsWorld;

/// A hub that lets one authority vouch, on links for one certificate only.
class TlsExternal : public testing::Test {
protected:
    HubServerOptions options(const Held& bound) {
        HubServerOptions made;
        made.expired_grace = 24h * 365;
        made.external_authorities = [this, bound = bound.certificate](
                                        const certs::Certificate& leaf,
                                        ExternalUse use) -> ExternalTrust {
            ++asked_;
            if (use == ExternalUse::link && leaf != bound) return {};
            return {.anchors = customer_.anchors(), .revoked = lists_};
        };
        made.revoked = [this] { return own_lists_; };
        return made;
    }
    TlsPair shake(const Held& bound, const Held& shown, std::string_view protocol = alpn::link) {
        return shake_hands(loop_, world_.hub(options(bound)), world_.agent(shown, protocol));
    }

    Loop loop_;
    TlsWorld world_;
    TestPki customer_{"customer"};
    int asked_ = 0;
    std::shared_ptr<const certs::RevocationLists> lists_;      // of the customer
    std::shared_ptr<const certs::RevocationLists> own_lists_;  // of the hub
};

TEST_F(TlsExternal, ABoundCertificateMakesALinkAndIsMarked) {
    const auto held = customer_.agent();
    const auto pair = shake(held, held);
    ASSERT_TRUE(pair.up()) << to_text(pair.server_done.error());
    const auto peer = pair.server->external_peer();
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->leaf, held.certificate);
    EXPECT_EQ(pair.server->peer_path(), std::vector{held.certificate});
}

TEST_F(TlsExternal, TheHubsOwnAgentsAreNeverMarkedNorAskedFor) {
    const auto held = world_.pki().agent();
    const auto pair = shake(held, held);
    ASSERT_TRUE(pair.up());
    EXPECT_FALSE(pair.server->external_peer());
    EXPECT_EQ(asked_, 0);
}

std::shared_ptr<const certs::RevocationLists> taken_back(const TestPki& pki, const Held& held,
                                                         certs::Time begin) {
    auto lists = std::make_shared<certs::RevocationLists>();
    EXPECT_TRUE(lists->add(test::list_of(pki, {held.certificate}, begin), pki.anchors()));
    return lists;
}

TEST_F(TlsExternal, AListRefusesWhomItNamesAndTellsThem) {
    const auto held = customer_.agent();
    const auto good = customer_.agent();
    lists_ = taken_back(customer_, held, customer_.now());
    EXPECT_TRUE(shake(good, good).up());
    auto pair = shake(held, held);
    ASSERT_FALSE(pair.server_done);
    EXPECT_NE(pair.server_done.error().detail.find("is revoked"), std::string::npos)
        << to_text(pair.server_done.error());
    lists_ = taken_back(customer_, held, customer_.now() - 48h);
    const auto late = shake(good, good);
    ASSERT_FALSE(late.server_done) << "a list that is out of date vouches for nobody";
    EXPECT_NE(late.server_done.error().detail.find("nobody knows"), std::string::npos);
}

TEST_F(TlsExternal, AListOfTheHubsOwnAuthorityRefusesAgentsAndEnrolments) {
    const auto held = world_.pki().agent();
    const auto good = world_.pki().agent();
    own_lists_ = taken_back(world_.pki(), held, world_.pki().now());
    for (const auto protocol : {alpn::link, alpn::enrolment}) {
        const auto pair = shake(held, held, protocol);
        ASSERT_FALSE(pair.server_done) << protocol;
        EXPECT_NE(pair.server_done.error().detail.find("is revoked"), std::string::npos);
    }
    const auto pair = shake(good, good);
    ASSERT_TRUE(pair.up());
    EXPECT_EQ(pair.server->peer_path(), std::vector{good.certificate});
}

TEST_F(TlsExternal, AnUnboundCertificateMakesNoLinkButMayEnrol) {
    const auto bound = customer_.agent();
    const auto other = customer_.agent();
    EXPECT_FALSE(shake(bound, other).server_done);
    const auto pair = shake(bound, other, alpn::enrolment);
    ASSERT_TRUE(pair.up());
    EXPECT_TRUE(pair.server->external_peer());
}

TEST_F(TlsExternal, HttpClientsAreNotVouchedFor) {
    const auto held = customer_.agent();
    EXPECT_FALSE(shake(held, held, alpn::http).server_done);
    EXPECT_EQ(asked_, 0);
}

TEST_F(TlsExternal, AnAuthorityThatNobodyAllowedVouchesForNobody) {
    const auto stranger = TestPki("stranger").agent();
    EXPECT_FALSE(shake(stranger, stranger).server_done);
    EXPECT_FALSE(shake(stranger, stranger, alpn::enrolment).server_done);
    // Neither does one that only has its name.
    const auto impostor = TestPki("customer").agent();
    EXPECT_FALSE(shake(impostor, impostor).server_done);
}

TEST_F(TlsExternal, OnlyClientCertificatesOfTheRightDatesPass) {
    const std::vector<Held> wrong{customer_.hub(), customer_.agent_without_usage(),
                                  customer_.agent_with_server_usage(), customer_.future_agent(),
                                  Held{customer_.authority().key(), customer_.ca()}};
    for (const auto& held : wrong) {
        EXPECT_FALSE(shake(held, held).server_done) << held.certificate.subject();
        EXPECT_FALSE(shake(held, held, alpn::enrolment).server_done) << held.certificate.subject();
    }
    const auto expired = customer_.expired_agent();
    EXPECT_FALSE(shake(expired, expired).server_done);
    EXPECT_TRUE(shake(expired, expired, alpn::enrolment).up()) << "within the grace";
    auto strict = options(expired);
    strict.expired_grace = 1s;
    EXPECT_FALSE(
        shake_hands(loop_, world_.hub(strict), world_.agent(expired, alpn::enrolment)).server_done);
}

TEST_F(TlsExternal, AHubIsNeverShownByAnotherAuthority) {
    const TlsWorld impostor{customer_};
    const auto pair = shake_hands(loop_, impostor.hub(), world_.agent(customer_.agent()));
    ASSERT_FALSE(pair.client_done);
    EXPECT_EQ(pair.client_done.error().code, Errc::untrusted);
}

TEST_F(TlsExternal, WhoAsksForTheTimeOnlyForgivesDatesAndNothingElse) {
    const auto anchors = world_.pki().anchors();
    const auto client = [&](bool at_any_time) {
        return *TlsContext::hub_client(
            {.alpn = alpn::enrolment, .own = {}, .anchors = anchors, .at_any_time = at_any_time});
    };
    const auto expired = world_.hub(world_.pki().expired_hub());
    EXPECT_FALSE(shake_hands(loop_, expired, client(false)).client_done);
    EXPECT_TRUE(shake_hands(loop_, expired, client(true)).client_done);
    EXPECT_FALSE(shake_hands(loop_, expired, client(true), "other.test").client_done);
    const TlsWorld impostor{customer_};
    EXPECT_FALSE(shake_hands(loop_, impostor.hub(), client(true)).client_done);
}

}  // namespace
}  // namespace sallyport::net
