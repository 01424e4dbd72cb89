// Who gets through a handshake and who does not: one test per check.
#include "net/tls_context.hpp"

#include "base/error.hpp"
#include "net/tls_policy.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::net {
namespace {

using test::Held;
using test::shake_hands;
using test::TestPki;
using test::TlsWorld;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// The server must refuse: in TLS 1.3 the client learns it with its first read.
void expect_client_refused(const test::TlsPair& pair, Loop& loop, const char* server_says,
                           const char* client_hears) {
    ASSERT_FALSE(pair.server_done);
    EXPECT_EQ(pair.server_done.error().code, Errc::untrusted);
    EXPECT_THAT(pair.server_done.error().detail, HasSubstr(server_says));
    ASSERT_TRUE(pair.client_done) << to_text(pair.client_done.error());
    EXPECT_THAT(test::first_read_failure(loop, *pair.client), HasSubstr(client_hears));
}

void expect_server_refused(const test::TlsPair& pair, const char* why) {
    ASSERT_FALSE(pair.client_done);
    EXPECT_EQ(pair.client_done.error().code, Errc::untrusted);
    EXPECT_THAT(pair.client_done.error().detail, HasSubstr(why));
    EXPECT_FALSE(pair.server_done);
}

TEST(TlsHub, ALinkIsTls13WithBothCertificates) {
    Loop loop;
    const TlsWorld world;
    const auto pair = shake_hands(loop, world.hub(), world.agent());
    ASSERT_TRUE(pair.up()) << to_text(pair.client_done ? pair.server_done.error()
                                                       : pair.client_done.error());
    EXPECT_EQ(pair.server->alpn(), "rh2");
    EXPECT_EQ(pair.client->alpn(), "rh2");
    EXPECT_EQ(pair.client->version(), "TLSv1.3");
    EXPECT_EQ(pair.server->server_name(), "hub.test");
    ASSERT_TRUE(pair.server->peer_certificate());
    EXPECT_THAT(pair.server->peer_certificate()->uris(),
                testing::ElementsAre("spiffe://hub.test/tenant/acme/agent/berlin-1"));
}

TEST(TlsHub, ALinkWithoutAClientCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto pair = shake_hands(loop, world.hub(), world.client_without_certificate(alpn::link));
    expect_client_refused(pair, loop, "the client showed no certificate",
                          "the hub refused our certificate: certificate required");
}

TEST(TlsHub, EnrolmentWorksWithAndWithoutAClientCertificate) {
    Loop loop;
    const TlsWorld world;
    const auto bare =
        shake_hands(loop, world.hub(), world.client_without_certificate(alpn::enrolment));
    ASSERT_TRUE(bare.up());
    EXPECT_FALSE(bare.server->peer_certificate());
    const auto shown = shake_hands(loop, world.hub(), world.agent(alpn::enrolment));
    ASSERT_TRUE(shown.up());
    EXPECT_TRUE(shown.server->peer_certificate());
}

TEST(TlsHub, AClientCertificateOfAnotherAuthorityIsRefused) {
    Loop loop;
    const TlsWorld world;
    const TestPki other("another CA");
    const auto pair = shake_hands(loop, world.hub(), world.agent(other.agent()));
    expect_client_refused(pair, loop, "unable to get local issuer certificate",
                          "the hub refused our certificate: unknown ca");
}

TEST(TlsHub, TellsAClientThatItRefusesFromOneThatRefusesIt) {
    Loop loop;
    const TlsWorld world;
    const TestPki other("another CA");
    const auto by_us = shake_hands(loop, world.hub(), world.agent(other.agent()));
    ASSERT_FALSE(by_us.server_done);
    EXPECT_EQ(by_us.server_done.error().code, Errc::untrusted);
    const auto by_the_client = shake_hands(loop, world.hub(other.hub()), world.agent());
    ASSERT_FALSE(by_the_client.server_done);
    EXPECT_EQ(by_the_client.server_done.error().code, Errc::denied);
    ASSERT_FALSE(by_the_client.client_done);
    EXPECT_EQ(by_the_client.client_done.error().code, Errc::untrusted);
}

TEST(TlsHub, AClientCertificateWithoutExtendedKeyUsageIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto pair =
        shake_hands(loop, world.hub(), world.agent(world.pki().agent_without_usage()));
    expect_client_refused(pair, loop, "does not contain clientAuth", "the hub refused");
}

TEST(TlsHub, AServerCertificateShownAsClientCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto pair =
        shake_hands(loop, world.hub(), world.agent(world.pki().agent_with_server_usage()));
    expect_client_refused(pair, loop, "purpose", "the hub refused");
}

TEST(TlsHub, AnExpiredClientCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto pair = shake_hands(loop, world.hub(), world.agent(world.pki().expired_agent()));
    expect_client_refused(pair, loop, "certificate has expired",
                          "the hub refused our certificate: certificate expired");
}

TEST(TlsHub, AClientCertificateOfTheFutureIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto pair = shake_hands(loop, world.hub(), world.agent(world.pki().future_agent()));
    expect_client_refused(pair, loop, "not yet valid", "the hub refused our certificate");
}

TEST(TlsHub, ARevokedClientCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    const Held revoked = world.pki().agent();
    HubServerOptions options;
    options.is_denied = [serial = revoked.certificate.serial()](const certs::Certificate& shown) {
        return shown.serial() == serial;
    };
    const auto pair = shake_hands(loop, world.hub(options), world.agent(revoked));
    expect_client_refused(pair, loop, "it is revoked",
                          "the hub refused our certificate: certificate revoked");
    EXPECT_TRUE(shake_hands(loop, world.hub(options), world.agent()).up());
}

TEST(TlsHub, TheAuthoritysOwnCertificateIsNoIdentity) {
    Loop loop;
    const TlsWorld world;
    const Held authority{world.pki().authority().key(), world.pki().ca()};
    const auto pair = shake_hands(loop, world.hub(), world.agent(authority));
    ASSERT_FALSE(pair.server_done);
    EXPECT_EQ(pair.server_done.error().code, Errc::untrusted);
}

TEST(TlsHub, AnExpiredCertificateMayStillEnrolWithinTheGraceOnly) {
    Loop loop;
    const TlsWorld world;
    HubServerOptions options;
    options.expired_grace = 24h * 365;
    const auto expired = world.pki().expired_agent();
    const auto pair = shake_hands(loop, world.hub(options), world.agent(expired, alpn::enrolment));
    ASSERT_TRUE(pair.up());
    EXPECT_EQ(pair.server->peer_certificate(), expired.certificate);
    EXPECT_FALSE(shake_hands(loop, world.hub(options), world.agent(expired)).server_done);
    options.expired_grace = 1s;
    EXPECT_FALSE(
        shake_hands(loop, world.hub(options), world.agent(expired, alpn::enrolment)).server_done);
    options.expired_grace = 24h * 365;
    const auto foreign = TestPki("another CA").expired_agent();
    EXPECT_FALSE(
        shake_hands(loop, world.hub(options), world.agent(foreign, alpn::enrolment)).server_done);
}

TEST(TlsAgent, AHubOfAnotherAuthorityIsRefused) {
    Loop loop;
    const TlsWorld world;
    const TlsWorld other(TestPki("another CA"));
    expect_server_refused(shake_hands(loop, other.hub(), world.agent()),
                          "the certificate of the hub is refused: self-signed certificate");
}

TEST(TlsAgent, AHubWithAnotherNameIsRefused) {
    Loop loop;
    const TlsWorld world;
    expect_server_refused(shake_hands(loop, world.hub(), world.agent(), "other.test"),
                          "it is not for other.test (DNS names in it: localhost, hub.test)");
    EXPECT_TRUE(shake_hands(loop, world.hub(), world.agent(), "127.0.0.1").up());
    expect_server_refused(shake_hands(loop, world.hub(), world.agent(), "127.0.0.2"),
                          "it is not for 127.0.0.2");
}

TEST(TlsAgent, AnAgentCertificateShownAsServerCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    auto content = world.pki().agent_content();
    content.dns_names = {"hub.test"};
    const auto impostor = world.pki().issue(content);
    expect_server_refused(shake_hands(loop, world.hub(impostor), world.agent()), "purpose");
}

TEST(TlsAgent, AServerCertificateWithoutExtendedKeyUsageIsRefused) {
    Loop loop;
    const TlsWorld world;
    auto content = world.pki().hub_content({"hub.test"});
    content.usages.clear();
    expect_server_refused(shake_hands(loop, world.hub(world.pki().issue(content)), world.agent()),
                          "does not contain serverAuth");
}

TEST(TlsAgent, AnExpiredHubCertificateIsRefusedWithAHintAtTheClock) {
    Loop loop;
    const TlsWorld world;
    expect_server_refused(
        shake_hands(loop, world.hub(world.pki().expired_hub()), world.agent()),
        "certificate has expired; if it should be valid, check this machine's clock");
}

TEST(TlsAgent, AFirstEnrolmentTrustsThePinnedAuthorityOnly) {
    Loop loop;
    const TlsWorld world;
    const auto pinned =
        TlsContext::pinned_client({.ca_key_hash = world.pki().ca().public_key_hash()});
    ASSERT_TRUE(pinned);
    EXPECT_TRUE(shake_hands(loop, world.hub(), *pinned).up());
    expect_server_refused(shake_hands(loop, world.hub(), *pinned, "other.test"),
                          "it is not for other.test");
    const TlsWorld other(TestPki("another CA"));
    expect_server_refused(shake_hands(loop, other.hub(), *pinned),
                          "no authority that it shows has the key that the join token names");
}

TEST(TlsAgent, ThePinnedAuthorityMustHaveIssuedTheCertificateNotOnlyBeShown) {
    Loop loop;
    const TlsWorld world;
    const TestPki other("another CA");
    const auto pinned =
        TlsContext::pinned_client({.ca_key_hash = world.pki().ca().public_key_hash()});
    ASSERT_TRUE(pinned);
    // The impostor's own certificate beside the true hub's CA certificate, which anybody can get.
    expect_server_refused(shake_hands(loop, world.hub(other.hub()), *pinned),
                          "unable to get local issuer certificate");
}

TEST(TlsAgent, ThePinIsNotMetByALeafWithThatKey) {
    Loop loop;
    const TlsWorld world;
    const TestPki other("another CA");
    const auto hub = other.hub();
    const auto pinned =
        TlsContext::pinned_client({.ca_key_hash = hub.certificate.public_key_hash()});
    ASSERT_TRUE(pinned);
    expect_server_refused(shake_hands(loop, world.hub(hub), *pinned), "no authority");
}

}  // namespace
}  // namespace sallyport::net
