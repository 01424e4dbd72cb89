#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"
#include "hub/est_server.hpp"
#include "hub/join_token_hash.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

class EstRenewalTest : public testing::Test {
protected:
    EstRenewalTest() {
        EXPECT_TRUE(store_.add_tenant({"t-acme", "acme", "acme", true}, now));
        EXPECT_TRUE(store_.add_agent({.key = berlin, .created_at = now, .locations = {{}}},
                                     {.secret_hash = join_token_hash(join_secret),
                                      .agent = berlin,
                                      .expires_at = now + 1h}));
    }
    EstServer server(ApprovalPolicy approval = ApprovalPolicy::never) {
        return {store_,
                authorities_,
                {.hub_name = "hub.test",
                 .certificate_lifetime = 24h,
                 .expired_grace = 48h,
                 .approval = approval}};
    }
    ApiResponse post(const EstServer& est, const char* operation, const certs::Key& key,
                     std::optional<certs::Certificate> shown, certs::Time at) {
        const auto body = to_base64(as_bytes(*certs::make_request_der(key, "x")));
        const auto basic = "Basic " + to_base64(as_bytes(std::string("x:") + join_secret));
        std::vector<http::Field> fields{{"content-type", "application/pkcs10"}};
        if (!shown) fields.push_back({"authorization", basic});
        return est.handle({.method = "POST",
                           .target = std::string("/.well-known/est/") + operation,
                           .host = "hub.test",
                           .fields = fields,
                           .body = body,
                           .client_certificate = shown,
                           .peer = "192.0.2.7:1"},
                          at);
    }
    static std::optional<certs::Certificate> issued(const ApiResponse& response) {
        const auto der = from_base64(response.body);
        if (response.status != 200 || !der) return std::nullopt;
        return certs::decode_certs_only(as_text(*der))->front();
    }
    certs::Certificate enrolled() {
        return *issued(post(server(), "simpleenroll", first_, std::nullopt, now));
    }
    ApiResponse renew(const certs::Certificate& shown, const certs::Key& key,
                      certs::Time at = now + 12h) {
        return post(server(), "simplereenroll", key, shown, at);
    }
    static certs::Key key() { return *certs::Key::generate(certs::KeyKind::p256); }
    void confirm(std::uint64_t generation) {
        EXPECT_TRUE(store_.confirm(berlin, {.enrolment = 1,
                                            .generation = generation,
                                            .epoch = 1,
                                            .process = "p",
                                            .authorities = {}}));
    }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    certs::Authority authority_ = *certs::Authority::create("test", now);
    std::shared_ptr<Current<Authorities>> authorities_ = std::make_shared<Current<Authorities>>(
        std::make_shared<const Authorities>(Authorities{.current = authority_}));
    certs::Key first_ = key();
};

TEST_F(EstRenewalTest, TheHolderOfACertificateGetsTheNextOneForANewKey) {
    const auto present = enrolled();
    const auto second = key();
    const auto next = issued(renew(present, second));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->public_key(), second.public_key());
    EXPECT_EQ(next->uris(), present.uris());
    EXPECT_EQ(next->not_after(), now + 36h);
    EXPECT_EQ(store_.agent(berlin)->generation, 2U);
    EXPECT_EQ(store_.agent(berlin)->confirmed, 1U) << "nobody has used it yet";
}

TEST_F(EstRenewalTest, NeedsACertificateAndANewKey) {
    const auto present = enrolled();
    EXPECT_EQ(post(server(), "simplereenroll", key(), std::nullopt, now).status, 401);
    EXPECT_EQ(renew(present, first_).status, 400);
    EXPECT_EQ(store_.agent(berlin)->generation, 1U);
}

TEST_F(EstRenewalTest, AnAnswerThatWasLostCostsNothing) {
    const auto present = enrolled();
    const auto second = key();
    EXPECT_TRUE(issued(renew(present, second)));
    EXPECT_TRUE(issued(renew(present, second))) << "the same key again";
    EXPECT_FALSE(store_.agent(berlin)->alarm);
}

TEST_F(EstRenewalTest, AReplacedKeyRaisesTheAlarmAndGetsNothing) {
    const auto present = enrolled();
    ASSERT_TRUE(issued(renew(present, key())));
    confirm(2);
    const auto refused = renew(present, key());
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("agent reissue berlin --tenant t-acme"), std::string::npos);
    const auto alarm = store_.agent(berlin)->alarm;
    ASSERT_TRUE(alarm);
    EXPECT_EQ(alarm->peer, "192.0.2.7:1");
    EXPECT_EQ(alarm->count, 1U);
    EXPECT_TRUE(store_.clear_alarm(berlin));
    EXPECT_FALSE(store_.agent(berlin)->alarm);
}

TEST_F(EstRenewalTest, ARevokedAgentGetsNothing) {
    const auto present = enrolled();
    ASSERT_TRUE(store_.revoke_agent(berlin, now));
    EXPECT_EQ(renew(present, key()).status, 403);
    EXPECT_FALSE(store_.agent(berlin)->alarm);
}

TEST_F(EstRenewalTest, AnExpiredCertificateIsGoodForItsSuccessorDuringTheGrace) {
    const auto present = enrolled();
    EXPECT_EQ(renew(present, key(), now + 24h + 48h).status, 403);
    EXPECT_EQ(renew(present, key(), now + 24h + 48h - 1s).status, 200);
}

TEST_F(EstRenewalTest, OnlyTheNewestCertificatesAreRemembered) {
    const auto present = enrolled();
    confirm(1);
    std::optional<certs::Certificate> second;
    for (std::size_t i = 0; i < 3 * certificates_kept_max; ++i) {
        const auto next = issued(renew(present, key()));
        ASSERT_TRUE(next);
        if (!second) second = next;
    }
    EXPECT_LE(store_.certificates(berlin)->size(), certificates_kept_max);
    EXPECT_EQ(renew(*second, key()).status, 403) << "forgotten";
    EXPECT_EQ(renew(present, key()).status, 200) << "the one in use is never forgotten";
}

TEST_F(EstRenewalTest, APolicyMakesTheFirstCertificateWaitForAnAdministrator) {
    const auto est = server(ApprovalPolicy::always);
    const auto waits = post(est, "simpleenroll", first_, std::nullopt, now);
    EXPECT_EQ(waits.status, 202);
    EXPECT_NE(waits.body.find(to_hex(first_.public_key_hash())), std::string::npos);
    const auto has_retry = std::ranges::any_of(
        waits.fields, [](const auto& field) { return field.first == "retry-after"; });
    EXPECT_TRUE(has_retry);
    EXPECT_EQ(post(est, "simpleenroll", first_, std::nullopt, now).status, 202);
    EXPECT_FALSE(store_.approve(berlin, to_hex(key().public_key_hash()), now));
    ASSERT_TRUE(store_.approve(berlin, to_hex(first_.public_key_hash()), now));
    // Another key with the same token waits beside the approved one.
    EXPECT_EQ(post(est, "simpleenroll", key(), std::nullopt, now).status, 202);
    EXPECT_EQ(post(est, "simpleenroll", first_, std::nullopt, now).status, 200);
    EXPECT_TRUE(store_.approvals()->empty());
}

TEST_F(EstRenewalTest, NobodyPutsAnotherKeyInThePlaceOfOneThatWaits) {
    const auto est = server(ApprovalPolicy::always);
    const auto ask = [&](const certs::Key& key) {
        return post(est, "simpleenroll", key, std::nullopt, now).status;
    };
    EXPECT_EQ(ask(first_), 202);
    for (std::size_t i = 1; i < approvals_per_agent_max; ++i) EXPECT_EQ(ask(key()), 202);
    EXPECT_EQ(ask(key()), 403) << "it does not push another one out either";
    EXPECT_EQ(store_.approvals()->size(), approvals_per_agent_max);
    const auto before = *store_.data_version();
    EXPECT_EQ(ask(first_), 202) << "still waits";
    EXPECT_EQ(*store_.data_version(), before) << "whoever asks again writes nothing";
    ASSERT_TRUE(store_.approve(berlin, to_hex(first_.public_key_hash()), now));
    EXPECT_EQ(ask(first_), 200);
    EXPECT_TRUE(store_.approvals()->empty());
}

TEST_F(EstRenewalTest, RevocationWinsAgainstAnApproval) {
    const auto present = enrolled();
    const auto est = server(ApprovalPolicy::expired);
    const auto next = key();
    EXPECT_EQ(post(est, "simplereenroll", next, present, now + 25h).status, 202);
    ASSERT_TRUE(store_.approve(berlin, to_hex(next.public_key_hash()), now));
    ASSERT_TRUE(store_.revoke_agent(berlin, now));
    EXPECT_TRUE(store_.approvals()->empty());
    EXPECT_EQ(post(est, "simplereenroll", next, present, now + 25h).status, 403);
    // The last word is the store's, in the transaction that records the certificate.
    EXPECT_FALSE(store_.renew(present.serial(), {.serial = "1", .agent = berlin}));
    EXPECT_EQ(store_.agent(berlin)->generation, 1U);
}

TEST_F(EstRenewalTest, ACopyThatTriesAgainAndAgainWritesNothing) {
    const auto present = enrolled();
    ASSERT_TRUE(issued(renew(present, key())));
    confirm(2);
    ASSERT_EQ(renew(present, key()).status, 403);
    const auto before = *store_.data_version();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(renew(present, key(), now + 12h + 59s).status, 403);
    EXPECT_EQ(*store_.data_version(), before);
    EXPECT_EQ(renew(present, key(), now + 12h + alarm_pause).status, 403);
    EXPECT_EQ(store_.agent(berlin)->alarm->count, 2U);
    ASSERT_TRUE(store_.clear_alarm(berlin));
    EXPECT_EQ(renew(present, key(), now + 12h + alarm_pause).status, 403);
    EXPECT_TRUE(store_.agent(berlin)->alarm) << "whoever took it back hears of it at once";
}

TEST_F(EstRenewalTest, WithApprovalOnlyExpiredCertificatesWait) {
    const auto present = enrolled();
    const auto est = server(ApprovalPolicy::expired);
    EXPECT_EQ(post(est, "simplereenroll", key(), present, now + 12h).status, 200);
    EXPECT_EQ(post(est, "simplereenroll", key(), present, now + 25h).status, 202);
}

TEST_F(EstRenewalTest, TellsItsTime) {
    const auto response = server().handle(
        {.method = "GET", .target = "/.well-known/est/cacerts", .host = "hub.test"}, now);
    const std::pair<std::string, std::string> date{"date", "Fri, 15 Jan 2027 08:00:00 GMT"};
    EXPECT_NE(std::ranges::find(response.fields, date), response.fields.end());
}

}  // namespace
}  // namespace sallyport::hub
