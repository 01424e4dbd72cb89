#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/request.hpp"
#include "certs/successor.hpp"
#include "hub/est_server.hpp"
#include "hub/external_authority.hpp"
#include "hub/join_token_hash.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_revocation_list.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

const AgentKey paris{"t-other", "paris"};

using Chain = std::vector<certs::Certificate>;

/// Two tenants, of which only acme trusts the customer's authority.
class EstExternalTest : public testing::Test {
protected:
    EstExternalTest() {
        EXPECT_TRUE(store_.add_tenant({"t-acme", "acme", "acme", true}, now));
        EXPECT_TRUE(store_.add_tenant({"t-other", "other", "other", true}, now));
        add(berlin, "secret-of-berlin");
        add(paris, "secret-of-paris");
        trust("t-acme", customer_);
    }
    void add(const AgentKey& key, const char* secret) {
        EXPECT_TRUE(store_.add_agent(
            {.key = key, .created_at = now, .locations = {{}}},
            {.secret_hash = join_token_hash(secret), .agent = key, .expires_at = now + 1h}));
    }
    void trust(const char* tenant, const test::TestPki& pki) {
        EXPECT_TRUE(store_.trust_external({.tenant_id = tenant,
                                           .fingerprint = to_hex(pki.ca().fingerprint()),
                                           .certificate_pem = pki.ca_pem(),
                                           .added_at = now}));
    }
    void distrust(const char* tenant, const test::TestPki& pki) {
        EXPECT_TRUE(store_.distrust_external(tenant, to_hex(pki.ca().fingerprint())));
    }
    /// What a client shows, and asks.
    struct Asked {
        std::string target = "/.well-known/sallyport/bind";
        std::string body = {};
        std::optional<certs::Certificate> own = {};
        Chain external = {};
    };
    ApiResponse ask(const Asked& asked, const std::vector<http::Field>& fields, certs::Time at) {
        return server_.handle({.method = "POST",
                               .target = asked.target,
                               .host = "hub.test",
                               .fields = fields,
                               .body = asked.body,
                               .client_certificate = asked.own,
                               .peer = "192.0.2.7:1",
                               .external_chain = asked.external},
                              at);
    }
    ApiResponse first(const Chain& shown, const char* secret = "secret-of-berlin",
                      certs::Time at = now) {
        const auto basic = "Basic " + to_base64(as_bytes("x:" + std::string(secret)));
        return ask({.external = shown}, {{"authorization", basic}}, at);
    }
    ApiResponse next(const test::Held& present, const test::Held& following,
                     const std::string& proof, certs::Time at = now) {
        const auto pem = following.certificate_pem();
        const auto text = to_base64(as_bytes(proof));
        return ask(
            {.body = pem, .external = {present.certificate}},
            {{"content-type", "application/pem-certificate-chain"}, {"sallyport-proof", text}}, at);
    }
    ApiResponse next(const test::Held& present, const test::Held& following, certs::Time at = now) {
        return next(present, following, proof(following.key, present, following), at);
    }
    static std::string proof(const certs::Key& key, const test::Held& present,
                             const test::Held& following, const char* hub = "hub.test") {
        return *certs::sign_succession(key, hub, present.certificate, following.certificate);
    }
    std::shared_ptr<const Accounts> accounts() { return *refresh_accounts(store_, nullptr); }
    void confirm(std::uint64_t generation) {
        EXPECT_TRUE(store_.confirm(berlin, {.enrolment = 1,
                                            .generation = generation,
                                            .epoch = 1,
                                            .process = "p",
                                            .authorities = {}}));
    }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    test::TestPki own_{"hub", now};
    test::TestPki customer_{"customer", now};
    std::shared_ptr<Current<AgentRevocation>> revocation_ =
        std::make_shared<Current<AgentRevocation>>(std::make_shared<const AgentRevocation>());
    EstServer server_{store_,
                      std::make_shared<Current<Authorities>>(std::make_shared<const Authorities>(
                          Authorities{.current = own_.authority()})),
                      {.hub_name = "hub.test",
                       .certificate_lifetime = 24h,
                       .expired_grace = 48h,
                       .approval = ApprovalPolicy::never},
                      revocation_};
};

TEST_F(EstExternalTest, AJoinTokenBindsACertificateByItsFingerprintWhateverItSays) {
    // It claims to be an agent of the other tenant; nobody believes it.
    const auto held = customer_.agent("paris", "t-other");
    const auto answer = first({held.certificate});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "spiffe://hub.test/tenant/t-acme/agent/berlin\n");
    const auto serial = external_serial(held.certificate);
    EXPECT_EQ(store_.certificate(serial)->agent, berlin);
    const auto name = bound_agent(*accounts(), "hub.test", held.certificate);
    ASSERT_TRUE(name);
    EXPECT_EQ(name->text(), "spiffe://hub.test/tenant/t-acme/agent/berlin");
    EXPECT_TRUE(accounts()->may_attach(*name, "", serial));
    EXPECT_EQ(link_anchors(*accounts(), held.certificate), Chain{customer_.ca()});
    EXPECT_EQ(first({held.certificate}).status, 401) << "the token works once";
}

TEST_F(EstExternalTest, AnAuthorityVouchesOnlyForTenantsThatTrustIt) {
    const auto held = customer_.agent();
    const auto refused = first({held.certificate}, "secret-of-paris");
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("ca trust-external FILE --tenant other"), std::string::npos);
    EXPECT_FALSE(store_.certificate(external_serial(held.certificate)));
    const test::TestPki stranger("stranger", now);
    EXPECT_EQ(first({stranger.agent().certificate}).status, 403);
    EXPECT_EQ(first({held.certificate}).status, 200) << "the token was not used up";
}

TEST_F(EstExternalTest, OnlyAClientsCertificateIsBound) {
    for (const auto& held : {customer_.hub(), customer_.agent_without_usage(),
                             customer_.expired_agent(), customer_.future_agent()})
        EXPECT_EQ(first({held.certificate}).status, 403) << held.certificate.subject();
    EXPECT_EQ(first({customer_.ca()}).status, 403) << "the authority itself";
    EXPECT_EQ(first({}).status, 401) << "no certificate";
    const auto ours = own_.agent("berlin", "t-acme").certificate;
    EXPECT_EQ(ask({.own = ours}, {}, now).status, 401) << "the hub's own";
}

TEST_F(EstExternalTest, TheHubRenewsNothingForACertificateOfAnotherAuthority) {
    const auto held = customer_.agent("berlin", "t-acme");
    ASSERT_EQ(first({held.certificate}).status, 200);
    const auto key = *certs::Key::generate(certs::KeyKind::p256);
    const auto body = to_base64(as_bytes(*certs::make_request_der(key, "x")));
    const auto answer = ask(
        {.target = "/.well-known/est/simplereenroll", .body = body, .external = {held.certificate}},
        {{"content-type", "application/pkcs10"}}, now);
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(store_.agent(berlin)->generation, 1U);
}

TEST_F(EstExternalTest, ACertificateBelongsToOneAgentForever) {
    trust("t-other", customer_);
    const auto held = customer_.agent();
    ASSERT_EQ(first({held.certificate}).status, 200);
    EXPECT_EQ(first({held.certificate}, "secret-of-paris").status, 403);
    const auto mine = customer_.agent();
    ASSERT_EQ(first({mine.certificate}, "secret-of-paris").status, 200);
    EXPECT_EQ(next(mine, held).status, 403) << "not as a successor either";
    EXPECT_EQ(store_.certificate(external_serial(held.certificate))->agent, berlin);
}

TEST_F(EstExternalTest, TheSuccessorIsBoundByTheWordOfBothKeys) {
    const auto present = customer_.agent();
    const auto following = customer_.agent();
    const auto other = customer_.agent();
    EXPECT_EQ(next(present, following).status, 403) << "bound to nobody yet";
    ASSERT_EQ(first({present.certificate}).status, 200);
    EXPECT_EQ(next(present, following, proof(present.key, present, following)).status, 400);
    EXPECT_EQ(next(present, following, proof(following.key, other, following)).status, 400);
    EXPECT_EQ(next(present, following, proof(following.key, present, other)).status, 400);
    EXPECT_EQ(
        next(present, following, proof(following.key, present, following, "evil.test")).status,
        400);
    EXPECT_EQ(next(present, following, "").status, 400);
    EXPECT_EQ(next(present, present).status, 400) << "the same key";
    EXPECT_EQ(store_.agent(berlin)->generation, 1U);
    EXPECT_EQ(next(present, following).status, 200);
    EXPECT_EQ(next(present, following).status, 200) << "the answer was lost";
    EXPECT_EQ(store_.agent(berlin)->generation, 2U);
    EXPECT_EQ(store_.agent(berlin)->confirmed, 1U) << "nobody has used it yet";
}

TEST_F(EstExternalTest, ASuccessorComesFromAnAuthorityOfTheTenantToo) {
    const auto present = customer_.agent();
    ASSERT_EQ(first({present.certificate}).status, 200);
    const test::TestPki stranger("stranger", now);
    EXPECT_EQ(next(present, stranger.agent()).status, 403);
    trust("t-other", stranger);
    EXPECT_EQ(next(present, stranger.agent()).status, 403) << "of another tenant";
    trust("t-acme", stranger);
    EXPECT_EQ(next(present, stranger.agent()).status, 200);
}

TEST_F(EstExternalTest, AReplacedKeyRaisesTheAlarm) {
    const auto present = customer_.agent();
    ASSERT_EQ(first({present.certificate}).status, 200);
    ASSERT_EQ(next(present, customer_.agent()).status, 200);
    confirm(2);
    const auto refused = next(present, customer_.agent());
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("agent reissue berlin --tenant t-acme"), std::string::npos);
    ASSERT_TRUE(store_.agent(berlin)->alarm);
    EXPECT_EQ(store_.agent(berlin)->alarm->peer, "192.0.2.7:1");
}

TEST_F(EstExternalTest, RevocationAndDistrustEndLinksAndRenewals) {
    const auto held = customer_.agent();
    ASSERT_EQ(first({held.certificate}).status, 200);
    const auto serial = external_serial(held.certificate);
    const auto name = *bound_agent(*accounts(), "hub.test", held.certificate);
    distrust("t-acme", customer_);
    EXPECT_TRUE(link_anchors(*accounts(), held.certificate).empty());
    EXPECT_FALSE(accounts()->may_attach(name, "", serial));
    EXPECT_EQ(next(held, customer_.agent()).status, 403);
    trust("t-acme", customer_);
    EXPECT_TRUE(accounts()->may_attach(name, "", serial));
    ASSERT_TRUE(store_.revoke_agent(berlin, now));
    EXPECT_TRUE(link_anchors(*accounts(), held.certificate).empty());
    EXPECT_TRUE(enrolment_anchors(*accounts(), held.certificate).empty());
    EXPECT_FALSE(accounts()->may_attach(name, "", serial));
    EXPECT_EQ(next(held, customer_.agent()).status, 403);
    EXPECT_FALSE(store_.agent(berlin)->alarm);
}

TEST_F(EstExternalTest, NobodyIsBoundOrRenewedWhomAListTakesBack) {
    const auto present = customer_.agent();
    const auto following = customer_.agent();
    const auto other = customer_.agent();
    const auto take_back = [&](const test::Held& held) {
        const auto file = folder_.path() / "list";
        ASSERT_TRUE(replace_file(file, test::list_of(customer_, {held.certificate}, now), 0600));
        const auto read = AgentRevocation::read({file});
        ASSERT_TRUE(read);
        revocation_->set(std::make_shared<const AgentRevocation>(
            read->judging_for(own_.anchors(), *accounts())));
    };
    take_back(present);
    const auto refused = first({present.certificate});
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("is revoked"), std::string::npos) << refused.body;
    take_back(following);
    ASSERT_EQ(first({present.certificate}).status, 200) << "the token was not used up";
    EXPECT_EQ(next(present, following).status, 403) << "the next one is revoked";
    take_back(present);
    EXPECT_EQ(next(present, other).status, 403) << "the present one is revoked";
    take_back(following);
    EXPECT_EQ(next(present, other).status, 200);
}

TEST_F(EstExternalTest, AnExpiredOneIsGoodForItsSuccessorDuringTheGrace) {
    const auto present = customer_.agent();
    ASSERT_EQ(first({present.certificate}).status, 200);
    const auto end = present.certificate.not_after();
    const test::TestPki later("customer", end + 1h);
    trust("t-acme", later);
    const auto refused = next(present, later.agent(), end + 48h);
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("agent reissue berlin"), std::string::npos);
    EXPECT_EQ(next(present, later.agent(), end + 1h).status, 200);
}

TEST_F(EstExternalTest, NobodyUnboundHasAnAnchorOnALink) {
    const auto held = customer_.agent("berlin", "t-acme");
    EXPECT_TRUE(link_anchors(*accounts(), held.certificate).empty());
    EXPECT_FALSE(bound_agent(*accounts(), "hub.test", held.certificate));
    EXPECT_EQ(enrolment_anchors(*accounts(), held.certificate), Chain{customer_.ca()});
}

}  // namespace
}  // namespace sallyport::hub
