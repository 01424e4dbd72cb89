#include "certs/authority.hpp"

#include "base/error.hpp"
#include "certs/request.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;

const Authority& authority() {
    static const auto instance =
        Authority::create("hub.example.com CA", std::chrono::system_clock::now()).value();
    return instance;
}

Time issued_at() { return authority().certificate().not_before() + back_dating; }

AgentName berlin() { return AgentName::make("hub.example.com", "acme", "berlin-1").value(); }

TEST(Authority, IsARootForTenYearsThatSignsCertificatesOnly) {
    const auto& root = authority().certificate();
    EXPECT_EQ(root.subject(), "CN=hub.example.com CA");
    EXPECT_EQ(root.issuer(), root.subject());
    EXPECT_TRUE(root.is_authority());
    EXPECT_EQ(X509_get_pathlen(root.get()), 0);
    EXPECT_EQ(X509_get_key_usage(root.get()), std::uint32_t{KU_KEY_CERT_SIGN | KU_CRL_SIGN});
    EXPECT_EQ(std::chrono::floor<std::chrono::days>(root.not_after() - issued_at()),
              std::chrono::days(3653));
}

TEST(Authority, IssuesAgentsWithTheirNameForClientsOnly) {
    const auto key = Key::generate(KeyKind::p256).value();
    const auto issued = authority().issue_agent(key.public_key(), berlin(), 720h, issued_at());
    ASSERT_TRUE(issued) << to_text(issued.error());
    EXPECT_EQ(issued->uris(),
              std::vector<std::string>{"spiffe://hub.example.com/tenant/acme/agent/berlin-1"});
    EXPECT_EQ(AgentName::of(*issued).value(), berlin());
    EXPECT_TRUE(issued->has_extended_usage(ExtendedUsage::client_auth));
    EXPECT_FALSE(issued->has_extended_usage(ExtendedUsage::server_auth));
    EXPECT_EQ(X509_get_key_usage(issued->get()), std::uint32_t{KU_DIGITAL_SIGNATURE});
    EXPECT_EQ(issued->public_key(), key.public_key());
    EXPECT_EQ(issued->not_before(), issued_at() - 5min);
    EXPECT_EQ(issued->not_after(), issued_at() + 720h);
    const std::vector<Certificate> anchors{authority().certificate()};
    EXPECT_TRUE(check_chain(*issued, {}, anchors,
                            {.usage = ExtendedUsage::client_auth, .at = issued_at()}));
}

TEST(Authority, IssuesServersWithTheirNamesForServersOnly) {
    const auto key = Key::generate(KeyKind::rsa2048).value();
    const ServerNames names{.dns_names = {"hub.example.com", "*.hub.example.com"},
                            .addresses = {"10.0.0.1", "2001:db8::1"}};
    const auto issued = authority().issue_server(key.public_key(), names, 24h, issued_at());
    ASSERT_TRUE(issued) << to_text(issued.error());
    EXPECT_TRUE(issued->matches_host("hub.example.com"));
    EXPECT_TRUE(issued->matches_host("api.hub.example.com"));
    EXPECT_TRUE(issued->matches_host("10.0.0.1"));
    EXPECT_TRUE(issued->matches_host("2001:db8:0::1"));
    EXPECT_FALSE(issued->has_extended_usage(ExtendedUsage::client_auth));
    const std::vector<Certificate> anchors{authority().certificate()};
    EXPECT_TRUE(check_chain(*issued, {}, anchors,
                            {.usage = ExtendedUsage::server_auth, .at = issued_at()}));
}

TEST(Authority, NeverGivesASerialTwice) {
    const auto key = Key::generate(KeyKind::p256).value();
    const auto one = authority().issue_agent(key.public_key(), berlin(), 24h, issued_at()).value();
    const auto two = authority().issue_agent(key.public_key(), berlin(), 24h, issued_at()).value();
    EXPECT_NE(one.serial(), two.serial());
}

TEST(Authority, KeepsLifetimesBetweenAMinuteAndAYear) {
    const auto key = Key::generate(KeyKind::p256)->public_key();
    for (const std::chrono::seconds lifetime : {-1s, 0s, 59s, std::chrono::seconds(367 * 24h)})
        EXPECT_EQ(authority().issue_agent(key, berlin(), lifetime, issued_at()).error().code,
                  Errc::limit);
    for (const std::chrono::seconds lifetime : {60s, std::chrono::seconds(366 * 24h)})
        EXPECT_TRUE(authority().issue_agent(key, berlin(), lifetime, issued_at()));
}

TEST(Authority, IssuesNothingThatOutlivesItself) {
    const auto key = Key::generate(KeyKind::p256)->public_key();
    const auto end = authority().certificate().not_after();
    const auto late = authority().issue_agent(key, berlin(), 720h, end - 1h);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->not_after(), end);
    EXPECT_EQ(authority().issue_agent(key, berlin(), 720h, end - 30s).error().code, Errc::denied);
    EXPECT_EQ(authority().issue_agent(key, berlin(), 720h, end + 1h).error().code, Errc::denied);
}

TEST(Authority, DoesNotCertifyItsOwnKeyAsAnAgent) {
    EXPECT_EQ(authority()
                  .issue_agent(authority().key().public_key(), berlin(), 24h, issued_at())
                  .error()
                  .code,
              Errc::denied);
}

TEST(Authority, RefusesServersWithoutOrWithWrongNames) {
    const auto key = Key::generate(KeyKind::p256)->public_key();
    EXPECT_FALSE(authority().issue_server(key, {}, 24h, issued_at()));
    for (const char* name : {"", "two words", "line\nbreak", "\xc3\xa4.example"})
        EXPECT_FALSE(
            authority().issue_server(key, {.dns_names = {name}, .addresses = {}}, 24h, issued_at()))
            << name;
    EXPECT_FALSE(authority().issue_server(key, {.dns_names = {}, .addresses = {"10.0.0.256"}}, 24h,
                                          issued_at()));
}

TEST(Authority, ReadsANameAsANameAndNotAsALanguage) {
    const auto key = Key::generate(KeyKind::p256)->public_key();
    const auto issued = authority().issue_server(
        key, {.dns_names = {"a.test,DNS:b.test"}, .addresses = {}}, 24h, issued_at());
    ASSERT_TRUE(issued);
    EXPECT_EQ(issued->dns_names().size(), 1u);
    EXPECT_FALSE(issued->matches_host("b.test"));
}

TEST(Authority, IsTheSameAfterLoading) {
    const auto pem = authority().key().to_pem().value();
    const auto loaded = Authority::load(authority().certificate().to_pem(), pem.reveal());
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    EXPECT_EQ(loaded->certificate(), authority().certificate());
}

TEST(Authority, RefusesAKeyOrCertificateThatIsNotItsOwn) {
    const auto other = Key::generate(KeyKind::p256)->to_pem().value();
    EXPECT_EQ(Authority::load(authority().certificate().to_pem(), other.reveal()).error().code,
              Errc::conflict);
    const auto agent = test::TestPki().agent();
    EXPECT_EQ(Authority::load(agent.certificate_pem(), agent.key_pem()).error().code,
              Errc::malformed);
}

TEST(Request, CarriesAKeyAndProvesThatItIsHeld) {
    for (const auto kind : {KeyKind::p256, KeyKind::rsa2048, KeyKind::ed25519}) {
        const auto key = Key::generate(kind).value();
        const auto der = make_request_der(key, "berlin-1");
        ASSERT_TRUE(der) << to_text(der.error());
        const auto read = parse_request(*der);
        ASSERT_TRUE(read) << to_text(read.error());
        EXPECT_EQ(*read, key.public_key());
    }
}

TEST(Request, WithAWrongSignatureIsNotTrusted) {
    auto der = make_request_der(Key::generate(KeyKind::rsa2048).value(), "berlin-1").value();
    der.back() = static_cast<char>(der.back() ^ 1);
    EXPECT_EQ(parse_request(der).error().code, Errc::untrusted);
    auto renamed = make_request_der(Key::generate(KeyKind::ed25519).value(), "berlin-1").value();
    renamed.replace(renamed.find("berlin-1"), 8, "berlin-2");
    EXPECT_EQ(parse_request(renamed).error().code, Errc::untrusted);
}

TEST(Request, ThatIsNoneIsMalformed) {
    const auto der = make_request_der(Key::generate(KeyKind::p256).value(), "berlin-1").value();
    EXPECT_EQ(parse_request("").error().code, Errc::malformed);
    EXPECT_EQ(parse_request(der + "x").error().code, Errc::malformed);
    EXPECT_EQ(parse_request(der.substr(1)).error().code, Errc::malformed);
    EXPECT_EQ(parse_request(std::string(20'000, '0')).error().code, Errc::limit);
    EXPECT_FALSE(make_request_der(Key::generate(KeyKind::p256).value(), ""));
    EXPECT_FALSE(make_request_der(Key::generate(KeyKind::p256).value(), std::string(65, 'x')));
}

}  // namespace
}  // namespace sallyport::certs
