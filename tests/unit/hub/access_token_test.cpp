#include "hub/access_token.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "hub_fixture.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using certs::TokenFault;

constexpr const char* issuer = "https://auth.hub.example.com/oauth/token";

/// Making an RSA key takes long; all tests share two.
const certs::SigningKey& foreign_key() {
    static const auto key = *certs::SigningKey::generate();
    return key;
}
certs::KeySet keys_of(const certs::SigningKey& key) {
    return *certs::KeySet::from_json(certs::public_key_set({&key, 1}));
}

StoreContent sealed_content() {
    return {.tenants = {{"t-acme", "acme", "acme", true}, {"t-rival", "rival", "rival", true}},
            .clients = {{.id = "sb-app", .tenant_id = "t-acme"}},
            .agents = {},
            .revoked_serials = {}};
}

class TokenTest : public testing::Test {
protected:
    std::string issue(const certs::SigningKey& key = hub_key(), const char* by = issuer) const {
        const AccessTokenIssuer maker(key, by);
        return maker
            .issue(*accounts_->find_client("sb-app"), *accounts_->find_tenant("t-acme"), now)
            ->text;
    }
    /// A token of the hub's key with a claim replaced (or, if null, removed).
    std::string forge(std::string_view claim, const boost::json::value& value) const {
        boost::json::object claims{{"iss", issuer},
                                   {"aud", boost::json::array{"connectivity"}},
                                   {"cid", "sb-app"},
                                   {"zid", "t-acme"},
                                   {"exp", 1'800'003'600}};
        claims[claim] = value;
        if (value.is_null()) claims.erase(claim);
        return *hub_key().sign_token(claims);
    }
    auto verify(const std::string& value, certs::Time at = now) {
        return verifier_.verify(value, *accounts_, at);
    }

    std::shared_ptr<const Accounts> accounts_ = Accounts::from(sealed_content(), 1);
    TokenVerifier verifier_{keys_of(hub_key()), issuer};
};

TEST_F(TokenTest, HasTheClaimsThatClientLibrariesNeed) {
    const auto verified = certs::verify(issue(), keys_of(hub_key()),
                                        {.issuers = {issuer}, .audiences = {"sb-app"}, .now = now});
    ASSERT_TRUE(verified);
    for (const char* claim : {"cid", "client_id", "azp", "sub"})
        EXPECT_EQ(verified->text(claim), "sb-app") << claim;
    EXPECT_EQ(verified->text("zid"), "t-acme");
    EXPECT_EQ(verified->text("grant_type"), "client_credentials");
    EXPECT_FALSE(verified->text("jti").value_or("").empty());
    EXPECT_TRUE(verified->claims().at("scope").is_array());
    const auto& attributes = verified->claims().at("ext_attr").as_object();
    EXPECT_EQ(attributes.at("zdn").as_string(), "acme");
    EXPECT_EQ(attributes.at("enhancer").as_string(), "XSUAA");
    EXPECT_EQ(verified->audiences(), (std::vector<std::string_view>{"connectivity", "sb-app"}));
    EXPECT_EQ(verified->expires_at() - *verified->issued_at(), access_token_lifetime);
}

TEST_F(TokenTest, ClientsAreToldALittleLessThanTheLifetime) {
    const auto token =
        AccessTokenIssuer(hub_key(), issuer)
            .issue(*accounts_->find_client("sb-app"), *accounts_->find_tenant("t-acme"), now);
    EXPECT_LT(token->expires_in, access_token_lifetime);
    EXPECT_GE(token->expires_in, 10min) << "some clients refresh five minutes early, in a loop";
}

TEST_F(TokenTest, IsAcceptedAsBearerAsBasicAndAlone) {
    const auto token = issue();
    for (const auto& value :
         {"Bearer " + token, "bearer   " + token + " ", "Basic " + to_base64(as_bytes(token + ":")),
          "BASIC " + to_base64(as_bytes(token + ":"))}) {
        for (const char* turn : {"first", "remembered"}) {
            const auto caller = verify(value);
            ASSERT_TRUE(caller) << value.substr(0, 10) << ' ' << turn;
            EXPECT_EQ((*caller)->client_id, "sb-app");
            EXPECT_EQ((*caller)->tenant_id, "t-acme");
        }
    }
    EXPECT_TRUE(verifier_.verify_token(token, *accounts_, now));
}

TEST_F(TokenTest, EachReasonForARefusalCanBeTold) {
    const auto token = issue();
    auto tampered = token;
    auto& changed = tampered[token.rfind('.') + 10];
    changed = changed == 'A' ? 'B' : 'A';  // stays base64url
    const std::tuple<std::string, boost::system::error_code, const char*> table[] = {
        {"", Errc::unauthorized, "missing"},
        {"Bearer", Errc::malformed, "no token"},
        {"Digest " + token, Errc::malformed, "another scheme"},
        {token, Errc::malformed, "no scheme"},
        {"Bearer abc", TokenFault::malformed, "no token"},
        {"Basic " + to_base64(as_bytes(token + ":x")), Errc::malformed, "a password"},
        {"Basic " + to_base64(as_bytes(token)), Errc::malformed, "no colon"},
        {"Basic !!", Errc::malformed, "not base64"},
        {"Bearer " + tampered, TokenFault::signature, "tampered"},
        {"Bearer " + forge("exp", 1'799'999'900), TokenFault::expired, "expired"},
        {"Bearer " + forge("aud", "sb-app"), TokenFault::audience, "the application's own"},
        {"Bearer " + forge("aud", "xconnectivity"), TokenFault::audience, "audience"},
        {"Bearer " + forge("iss", "https://evil.example"), TokenFault::issuer, "issuer"},
        {"Bearer " + forge("cid", nullptr), Errc::malformed, "no client"},
        {"Bearer " + forge("zid", nullptr), Errc::malformed, "no tenant"},
        {"Bearer " + forge("zid", 5), Errc::malformed, "tenant is no string"},
        {"Bearer " + forge("cid", "sb-other"), Errc::denied, "unknown client"},
        {"Bearer " + forge("zid", "t-rival"), Errc::denied, "tenant without subscription"},
    };
    for (const auto& [value, code, why] : table) {
        const auto verdict = verify(value);
        ASSERT_FALSE(verdict) << why;
        EXPECT_EQ(verdict.error().code, code) << why << ": " << to_text(verdict.error());
        EXPECT_FALSE(verdict.error().detail.empty()) << why;
    }
    EXPECT_EQ(verifier_.memory().size(), 0u) << "only valid tokens are remembered";
}

TEST_F(TokenTest, ItIsKnownWhoseARefusedOneIsIfItsSignatureIsGood) {
    const auto token = issue();
    auto tampered = forge("exp", 1'799'999'900);
    auto& changed = tampered[tampered.rfind('.') + 10];
    changed = changed == 'A' ? 'B' : 'A';
    const std::tuple<std::string, const char*, const char*> table[] = {
        {forge("exp", 1'799'999'900), "sb-app", "t-acme"},
        {forge("aud", "sb-app"), "sb-app", "t-acme"},
        {forge("zid", "t-rival"), "sb-app", "t-rival"},
        {forge("cid", "sb-other"), "sb-other", "t-acme"},
        {token, "", ""},
        {tampered, "", ""},
        {issue(foreign_key()), "", ""},
        {"abc", "", ""}};
    for (const auto& [text, client, tenant] : table) {
        (void)verify("Bearer " + text);
        EXPECT_EQ(verifier_.refused_owner().client_id, client) << text;
        EXPECT_EQ(verifier_.refused_owner().tenant_id, tenant) << text;
    }
    auto without = sealed_content();
    without.clients[0].enabled = false;
    accounts_ = Accounts::from(without, 2);
    EXPECT_FALSE(verify("Bearer " + token)) << "a remembered one";
    EXPECT_EQ(verifier_.refused_owner().client_id, "sb-app");
}

TEST_F(TokenTest, OfAnotherKeyIsRefused) {
    EXPECT_FALSE(verify("Bearer " + issue(foreign_key())));
    verifier_ = TokenVerifier(keys_of(foreign_key()), issuer);
    EXPECT_TRUE(verify("Bearer " + issue(foreign_key())));
    EXPECT_FALSE(verify("Bearer " + issue(hub_key())));
}

TEST_F(TokenTest, ARememberedOneEndsWithTheLeeway) {
    const auto value = "Bearer " + issue();
    const auto end = now + access_token_lifetime;
    EXPECT_TRUE(verify(value));
    EXPECT_TRUE(verify(value, end + access_token_leeway - 1s));
    const auto late = verify(value, end + access_token_leeway + 1s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, TokenFault::expired);
}

TEST_F(TokenTest, WhatTheAccountsSayCountsAtOnceAlsoForRememberedOnes) {
    const auto value = "Bearer " + issue();
    ASSERT_TRUE(verify(value));
    auto changed = sealed_content();
    changed.clients[0].enabled = false;
    accounts_ = Accounts::from(changed, 2);
    EXPECT_EQ(verify(value).error().code, Errc::denied) << "client disabled";

    changed = sealed_content();
    changed.tenants[0].enabled = false;
    accounts_ = Accounts::from(changed, 3);
    EXPECT_EQ(verify(value).error().code, Errc::denied) << "tenant disabled";

    changed = sealed_content();
    changed.clients.clear();
    accounts_ = Accounts::from(changed, 4);
    EXPECT_EQ(verify(value).error().code, Errc::denied) << "client removed";

    accounts_ = Accounts::from(sealed_content(), 5);
    EXPECT_TRUE(verify(value)) << "and back again";
}

/// Tokens for a user, exchanged by a client.
class ExchangedTokenTest : public TokenTest {
protected:
    ExchangedTokenTest() { verifier_.use(*certs::TokenSeal::of(hub_key())); }
    static std::string user_token(std::int64_t end, std::size_t filling = 0) {
        return *foreign_key().sign_token({{"iss", "https://idp.test"},
                                          {"sub", "u-1"},
                                          {"user_name", "jane@corp.example"},
                                          {"exp", end},
                                          {"filling", std::string(filling, 'x')}});
    }
    Result<AccessToken> exchange(std::string_view user) const {
        return AccessTokenIssuer(hub_key(), issuer)
            .issue_for_user(*accounts_->find_client("sb-app"), *accounts_->find_tenant("t-acme"),
                            user, now);
    }
};

TEST_F(ExchangedTokenTest, CarriesTheUsersTokenSealed) {
    const auto user = user_token(1'800'000'600);
    const auto token = exchange(user);
    ASSERT_TRUE(token) << to_text(token.error());
    EXPECT_EQ(token->expires_in, 600s - access_token_reserve);
    for (const char* turn : {"first", "remembered"}) {
        const auto caller = verify("Bearer " + token->text);
        ASSERT_TRUE(caller) << turn;
        EXPECT_EQ((*caller)->user_token, user);
        EXPECT_EQ((*caller)->client_id, "sb-app");
        EXPECT_EQ((*caller)->expires_at, now + 600s) << "no longer than the user's";
    }
    EXPECT_TRUE((*verify("Bearer " + issue()))->user_token.empty());
}

TEST_F(ExchangedTokenTest, SaysNothingOfTheUserOutside) {
    const auto token = exchange(user_token(1'900'000'000));
    const auto verified =
        certs::verify(token->text, keys_of(hub_key()),
                      {.issuers = {issuer}, .audiences = {"connectivity"}, .now = now});
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->expires_at(), now + access_token_lifetime);
    EXPECT_EQ(verified->audiences(), std::vector<std::string_view>{"connectivity"})
        << "an application must not take it for a login";
    EXPECT_EQ(verified->text("sub"), "sb-app");
    EXPECT_FALSE(verified->claims().contains("user_name"));
    EXPECT_EQ(boost::json::serialize(verified->claims()).find("jane"), std::string::npos);
}

TEST_F(ExchangedTokenTest, NeedsATokenThatIsUsable) {
    const std::pair<std::string, const char*> cases[] = {
        {"", "three parts"},
        {"x.y.z", "no usable JWT"},
        {*foreign_key().sign_token({{"sub", "u-1"}}), "no exp"},
        {*foreign_key().sign_token({{"exp", "1900000000"}}), "no exp"},
        {user_token(1'800'000'059), "less than 60 seconds left"},
        {user_token(1'700'000'000), "less than 60 seconds left"},
        {user_token(1'900'000'000, 5'000), "exceed 7 KiB"},
    };
    for (const auto& [user, words] : cases) {
        const auto token = exchange(user);
        ASSERT_FALSE(token) << words;
        EXPECT_EQ(token.error().code, Errc::denied) << words;
        EXPECT_NE(token.error().detail.find(words), std::string::npos) << token.error().detail;
    }
    EXPECT_TRUE(exchange(user_token(1'800'000'060)));
}

TEST_F(ExchangedTokenTest, WhatOthersPutInsideIsNotOpened) {
    const auto other = *certs::TokenSeal::of(foreign_key());
    for (const auto& inside : {std::string("x"), *other.seal("a.b.c")}) {
        const auto verdict = verify("Bearer " + forge(sealed_claim, boost::json::value(inside)));
        ASSERT_FALSE(verdict);
        EXPECT_EQ(verdict.error().code, TokenFault::malformed);
    }
}

TEST_F(TokenTest, BlanksBeforeATokenDoNotMultiplyIt) {
    const auto token = issue();
    for (std::size_t blanks = 1; blanks < 100; ++blanks)
        EXPECT_TRUE(verify("Bearer" + std::string(blanks, ' ') + token));
    EXPECT_EQ(verifier_.memory().size(), 1u);
}

TEST_F(TokenTest, TheMemoryIsBoundedAndKeepsWhatIsUsed) {
    verifier_ = TokenVerifier(keys_of(hub_key()), issuer, {.tokens = 8});
    const auto used = issue();
    const auto first = *verify("Bearer " + used);
    for (int other = 0; other < 30; ++other) {
        EXPECT_TRUE(verify("Bearer " + issue()));
        EXPECT_LE(verifier_.memory().size(), 8u);
        EXPECT_EQ(*verify("Bearer " + used), first) << "still remembered";
    }
}

TEST_F(ExchangedTokenTest, TheMemoryCountsWhatTravelsInside) {
    const auto exchanged = exchange(user_token(1'900'000'000, 2'000));
    ASSERT_TRUE(exchanged);
    ASSERT_TRUE(verify("Bearer " + exchanged->text));
    EXPECT_GE(verifier_.memory().bytes(), exchanged->text.size() + 2'000);
    verifier_ = TokenVerifier(keys_of(hub_key()), issuer, {.bytes = 20'000});
    verifier_.use(*certs::TokenSeal::of(hub_key()));
    for (int other = 0; other < 10; ++other) {
        const auto token = exchange(user_token(1'900'000'000, 2'000));
        ASSERT_TRUE(token && verify("Bearer " + token->text));
        EXPECT_LE(verifier_.memory().bytes(), 20'000u);
    }
}

}  // namespace
}  // namespace sallyport::hub
