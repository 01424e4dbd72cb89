#include "certs/certificate.hpp"

#include "base/error.hpp"
#include "certs/asn1_time.hpp"
#include "certs/openssl.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/certs/shared_keys.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace sallyport::certs {
namespace {

using test::Held;
using test::TestPki;

TEST(Certificate, IsTheSameAfterPemAndDer) {
    const auto made = pki().agent().certificate;
    EXPECT_EQ(Certificate::from_pem(made.to_pem()).value(), made);
    EXPECT_EQ(Certificate::from_der(made.to_der()).value(), made);
}

TEST(Certificate, SaysWhatIsInIt) {
    const auto made = pki().hub({"hub.test", "*.hub.test"}).certificate;
    EXPECT_EQ(made.subject(), "CN=hub.test");
    EXPECT_EQ(made.issuer(), "CN=test hub CA");
    EXPECT_EQ(made.dns_names(), (std::vector<std::string>{"hub.test", "*.hub.test"}));
    EXPECT_TRUE(made.uris().empty());
    EXPECT_TRUE(made.has_extended_usage(ExtendedUsage::server_auth));
    EXPECT_FALSE(made.has_extended_usage(ExtendedUsage::client_auth));
    EXPECT_FALSE(made.is_authority());
    EXPECT_TRUE(pki().ca().is_authority());
    EXPECT_EQ(made.serial().size(), 32u);  // 128 bits, the first one set
    EXPECT_LT(made.not_before(), pki().now());
    EXPECT_GT(made.not_after(), pki().now());
}

TEST(Certificate, TheTimeBetweenItsDatesIsATimeWhateverTheyAre) {
    const auto date = [](const char* text) {
        const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> time(ASN1_TIME_new());
        ASN1_TIME_set_string(time.get(), text);
        return time_of(time.get()).value();
    };
    const auto first = date("00010101000000Z");
    const auto last = date("99991231235959Z");  // RFC 5280 section 4.1.2.5: no end
    EXPECT_GT(last - first, std::chrono::hours(24 * 365 * 200));
    EXPECT_GT(pki().now() - first, std::chrono::hours(0));
    EXPECT_EQ(time_of(nullptr), std::nullopt);
}

TEST(Certificate, HasNoUsageUnlessItSaysSo) {
    const auto made = pki().agent_without_usage().certificate;
    EXPECT_FALSE(made.has_extended_usage(ExtendedUsage::client_auth));
    EXPECT_FALSE(made.has_extended_usage(ExtendedUsage::server_auth));
}

TEST(Certificate, MatchesHostsOfItsAlternativeNamesOnly) {
    const auto made = pki().hub({"hub.test", "*.wild.test"}).certificate;
    const std::pair<std::string_view, bool> cases[] = {
        {"hub.test", true},
        {"HUB.test", true},
        {"a.wild.test", true},
        {"127.0.0.1", true},
        {"127.0.0.2", false},
        {"wild.test", false},
        {"a.b.wild.test", false},
        {"other.test", false},
        {"", false},
        {".wild.test", false},
        {".test", false},
        {"::1", false},
        {{"hub.test\0.x", 11}, false},
    };
    for (const auto& [host, matches] : cases) EXPECT_EQ(made.matches_host(host), matches) << host;
}

TEST(Certificate, DoesNotTakeTheCommonNameForAHost) {
    auto content = pki().hub_content({});
    content.common_name = "hub.test";
    EXPECT_FALSE(pki().issue(content).certificate.matches_host("hub.test"));
}

TEST(Certificate, RefusesBytesAfterTheEndAndOtherText) {
    const auto der = pki().ca().to_der();
    EXPECT_EQ(Certificate::from_der(der + "x").error().code, Errc::malformed);
    EXPECT_FALSE(Certificate::from_der(der.substr(0, der.size() - 1)));
    EXPECT_FALSE(Certificate::from_der(""));
    EXPECT_FALSE(Certificate::from_pem("hello"));
    EXPECT_FALSE(Certificate::from_pem(pki().ca_pem() + pki().ca_pem()));
    EXPECT_EQ(Certificate::from_der(std::string(70'000, '0')).error().code, Errc::limit);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Chain, IsReadInOrderWithTextBetween) {
    const auto agent = pki().agent().certificate;
    const auto chain = read_chain_pem("agent\n" + agent.to_pem() + "authority\n" + pki().ca_pem());
    ASSERT_TRUE(chain) << to_text(chain.error());
    ASSERT_EQ(chain->size(), 2u);
    EXPECT_EQ(chain->front(), agent);
    EXPECT_EQ(chain->back(), pki().ca());
    EXPECT_EQ(read_chain_pem(write_chain_pem(*chain)).value(), *chain);
}

TEST(Chain, OfSixteenIsReadButNotOfSeventeen) {
    std::string pem;
    for (int i = 0; i < 16; ++i) pem += pki().ca_pem();
    EXPECT_TRUE(read_chain_pem(pem));
    EXPECT_EQ(read_chain_pem(pem + pki().ca_pem()).error().code, Errc::limit);
}

TEST(Chain, WithADamagedCertificateIsRefused) {
    auto pem = pki().ca_pem();
    pem[pem.size() / 2] = '!';
    EXPECT_EQ(read_chain_pem(pki().ca_pem() + pem).error().code, Errc::malformed);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

Result<void> check(const Held& held, ExtendedUsage usage, const TestPki& trusted = pki()) {
    const auto anchors = trusted.anchors();
    return check_chain(held.certificate, {}, anchors, {.usage = usage, .at = pki().now()});
}

TEST(CheckChain, AcceptsWhatTheAuthorityIssuedForThePurpose) {
    const auto agent = check(pki().agent(), ExtendedUsage::client_auth);
    EXPECT_TRUE(agent) << to_text(agent.error());
    const auto hub = check(pki().hub(), ExtendedUsage::server_auth);
    EXPECT_TRUE(hub) << to_text(hub.error());
}

TEST(CheckChain, RefusesAnAgentAsServerAndAHubAsClient) {
    EXPECT_EQ(check(pki().agent(), ExtendedUsage::server_auth).error().code, Errc::untrusted);
    EXPECT_EQ(check(pki().hub(), ExtendedUsage::client_auth).error().code, Errc::untrusted);
}

TEST(CheckChain, RefusesACertificateWithoutUsage) {
    const auto held = pki().agent_without_usage();
    EXPECT_FALSE(check(held, ExtendedUsage::client_auth));
    EXPECT_FALSE(check(held, ExtendedUsage::server_auth));
}

TEST(CheckChain, RefusesAForeignAuthorityEvenOfTheSameName) {
    const TestPki foreign("test hub CA");
    const auto checked = check(foreign.agent(), ExtendedUsage::client_auth);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Errc::untrusted);
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(CheckChain, RefusesWithoutAnyAnchor) {
    const auto held = pki().agent();
    EXPECT_FALSE(check_chain(held.certificate, {}, {},
                             {.usage = ExtendedUsage::client_auth, .at = pki().now()}));
}

TEST(CheckChain, JudgesTheDatesAtTheGivenTime) {
    EXPECT_FALSE(check(pki().expired_agent(), ExtendedUsage::client_auth));
    EXPECT_FALSE(check(pki().future_agent(), ExtendedUsage::client_auth));
    EXPECT_FALSE(check(pki().expired_hub(), ExtendedUsage::server_auth));
    const auto anchors = pki().anchors();
    EXPECT_TRUE(check_chain(
        pki().future_agent().certificate, {}, anchors,
        {.usage = ExtendedUsage::client_auth, .at = pki().now() + std::chrono::hours(30)}));
}

TEST(CheckChain, RefusesTheAuthorityItselfAsPeer) {
    const auto anchors = pki().anchors();
    EXPECT_FALSE(check_chain(pki().ca(), {}, anchors,
                             {.usage = ExtendedUsage::client_auth, .at = pki().now()}));
}

TEST(CheckChain, RefusesWhatIsOnTheDenyList) {
    const auto agent = pki().agent();
    const auto anchors = pki().anchors();
    ChainPolicy policy{.usage = ExtendedUsage::client_auth, .at = pki().now()};
    policy.is_denied = [&](const Certificate& c) { return c == agent.certificate; };
    EXPECT_EQ(check_chain(agent.certificate, {}, anchors, policy).error().code, Errc::untrusted);
    EXPECT_TRUE(check_chain(pki().agent().certificate, {}, anchors, policy));
}

TEST(CheckChain, GoesThroughAnIntermediateAndTrustsAnAnchorThatIsNoRoot) {
    const auto root_key = Key::generate(KeyKind::p256).value();
    auto content = pki().agent_content();
    content.usages = {};
    content.uris = {};
    content.common_name = "company root";
    content.authority = 1;
    const auto root =
        make_certificate(content, root_key.public_key(), {.key = root_key, .certificate = nullptr})
            .value();
    const auto middle_key = Key::generate(KeyKind::p256).value();
    content.common_name = "company issuing CA";
    content.authority = 0;
    const auto middle =
        make_certificate(content, middle_key.public_key(), {.key = root_key, .certificate = &root})
            .value();
    const auto leaf_key = Key::generate(KeyKind::p256).value();
    const auto leaf = make_certificate(pki().agent_content(), leaf_key.public_key(),
                                       {.key = middle_key, .certificate = &middle})
                          .value();
    ChainPolicy policy{.usage = ExtendedUsage::client_auth, .at = pki().now()};
    const std::vector<Certificate> roots{root}, middles{middle};
    EXPECT_TRUE(check_chain(leaf, middles, roots, policy));
    EXPECT_FALSE(check_chain(leaf, {}, roots, policy));
    EXPECT_TRUE(check_chain(leaf, {}, middles, policy));
    policy.is_denied = [&](const Certificate& c) { return c == middle; };
    EXPECT_FALSE(check_chain(leaf, middles, roots, policy));
}

TEST(CheckChain, RefusesACertificateSignedByAnAgent) {
    const auto agent = pki().agent();
    const auto key = Key::generate(KeyKind::p256).value();
    const auto forged = make_certificate(pki().agent_content(), key.public_key(),
                                         {.key = agent.key, .certificate = &agent.certificate})
                            .value();
    const std::vector<Certificate> middles{agent.certificate};
    const auto anchors = pki().anchors();
    EXPECT_FALSE(check_chain(forged, middles, anchors,
                             {.usage = ExtendedUsage::client_auth, .at = pki().now()}));
}

}  // namespace
}  // namespace sallyport::certs
