// How tokens are signed and verified; token_attack_test.cpp has what people try.
#include "certs/token.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/sha256.hpp"
#include "tests/support/test_token.hpp"
#include "tests/unit/certs/shared_keys.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;
using test::key_set_of;
using test::TokenForge;

constexpr std::chrono::sys_seconds now(1'700'000'000s);

Expectations expected() {
    return {.issuers = {"https://idp.test"}, .audiences = {"connectivity"}, .now = now};
}

KeySet signing_key_set() {
    const std::vector keys{signing_key()};
    return KeySet::from_json(public_key_set(keys)).value();
}

boost::json::object claims() {
    return {{"iss", "https://idp.test"}, {"aud", {"connectivity", "other"}},
            {"exp", 1'700'000'600},      {"iat", 1'700'000'000},
            {"scope", {"a", "b"}},       {"zid", "acme"}};
}

/// What verify() says about our own token with these claims.
Result<VerifiedToken> judge(const boost::json::object& said,
                            const Expectations& wanted = expected()) {
    return verify(signing_key().sign_token(said).value(), signing_key_set(), wanted);
}

boost::json::object with(std::string_view name, boost::json::value value) {
    auto said = claims();
    said[name] = std::move(value);
    return said;
}

boost::json::object without(std::string_view name) {
    auto said = claims();
    said.erase(name);
    return said;
}

TEST(Token, SignedByUsIsVerifiedAndGivesItsClaims) {
    const auto token = judge(claims());
    ASSERT_TRUE(token) << to_text(token.error());
    EXPECT_EQ(token->claims(), claims());
    EXPECT_EQ(token->issuer(), "https://idp.test");
    EXPECT_EQ(token->audiences(), (std::vector<std::string_view>{"connectivity", "other"}));
    EXPECT_EQ(token->texts("scope"), (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(token->text("zid"), "acme");
    EXPECT_EQ(token->text("exp"), std::nullopt);
    EXPECT_TRUE(token->texts("absent").empty());
    EXPECT_EQ(token->expires_at(), now + 600s);
    EXPECT_EQ(token->issued_at(), now);
    EXPECT_EQ(token->algorithm(), "RS256");
    EXPECT_EQ(token->key_id(), signing_key().key_id());
}

TEST(Token, OfEveryAlgorithmMadeByOpensslIsVerified) {
    const auto rsa = TokenForge::rsa();
    const TokenForge curves[] = {TokenForge::ec("P-256"), TokenForge::ec("P-384"),
                                 TokenForge::ec("P-521")};
    const std::pair<std::string, const TokenForge*> cases[] = {
        {"RS256", &rsa},       {"RS384", &rsa},       {"RS512", &rsa},
        {"PS256", &rsa},       {"PS384", &rsa},       {"PS512", &rsa},
        {"ES256", &curves[0]}, {"ES384", &curves[1]}, {"ES512", &curves[2]},
    };
    for (const auto& [algorithm, forge] : cases) {
        const auto keys = KeySet::from_json(key_set_of(forge->jwk(R"("kid":"k")"))).value();
        const auto header = R"({"alg":")" + algorithm + R"(","kid":"k"})";
        const auto token = forge->token(header, boost::json::serialize(claims()), algorithm);
        const auto verified = verify(token, keys, expected());
        ASSERT_TRUE(verified) << algorithm << ": " << to_text(verified.error());
        EXPECT_EQ(verified->algorithm(), algorithm);
    }
}

TEST(Token, OfRfc7515AppendixA3IsVerified) {
    const auto keys = KeySet::from_json(
        key_set_of(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"));
    ASSERT_TRUE(keys) << to_text(keys.error());
    constexpr std::string_view token =
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const Expectations wanted{.issuers = {"joe"},
                              .audiences = {},
                              .any_audience = true,
                              .now = std::chrono::sys_seconds(1'300'819'380s)};
    const auto verified = verify(token, *keys, wanted);
    ASSERT_TRUE(verified) << to_text(verified.error());
    EXPECT_EQ(verified->claims().at("http://example.com/is_root"), true);
}

TEST(Token, ExpiresAfterTheLeeway) {
    auto wanted = expected();
    wanted.now = now + 659s;
    EXPECT_TRUE(judge(claims(), wanted));
    wanted.now = now + 660s;
    EXPECT_EQ(judge(claims(), wanted).error().code, TokenFault::expired);
    EXPECT_TRUE(judge(with("exp", 253'402'300'799))) << "a system clock counts to 2262 only";
    wanted.leeway = 0s;
    wanted.now = now + 599s;
    EXPECT_TRUE(judge(claims(), wanted));
    wanted.now = now + 600s;
    EXPECT_EQ(judge(claims(), wanted).error().code, TokenFault::expired);
}

TEST(Token, IsNotValidBeforeItsTimeLessTheLeeway) {
    EXPECT_TRUE(judge(with("nbf", 1'700'000'060)));
    EXPECT_EQ(judge(with("iat", 1'700'000'061)).error().code, TokenFault::not_yet_valid);
    EXPECT_TRUE(judge(with("iat", 1'700'000'060)));
    EXPECT_EQ(judge(with("nbf", 1'700'000'061)).error().code, TokenFault::not_yet_valid);
}

TEST(Token, WithTimesThatAreNoIntegersIsMalformed) {
    const boost::json::value times[] = {1.7e9 + 0.5, "1700000600", true,      nullptr,
                                        -1,          253402300800, UINT64_MAX};
    for (const auto& time : times)
        for (const char* name : {"exp", "nbf", "iat"})
            EXPECT_EQ(judge(with(name, time)).error().code, TokenFault::malformed)
                << name << " " << time;
    // Even one that is whole, but written as a fraction or with an exponent.
    const auto forge = TokenForge::rsa();
    const auto keys = KeySet::from_json(key_set_of(forge.jwk(""))).value();
    for (const char* time : {"1700000600.0", "17e8", "1.7000006e9"}) {
        const auto said =
            R"({"iss":"https://idp.test","aud":"connectivity","exp":)" + std::string(time) + "}";
        const auto token = forge.token(R"({"alg":"RS256"})", said, "RS256");
        EXPECT_EQ(verify(token, keys, expected()).error().code, TokenFault::malformed) << time;
    }
}

TEST(Token, WithoutEndIsRefused) {
    EXPECT_EQ(judge(without("exp")).error().code, TokenFault::malformed);
}

TEST(Token, OfAnotherIssuerIsRefused) {
    EXPECT_EQ(judge(without("iss")).error().code, TokenFault::issuer);
    EXPECT_EQ(judge(with("iss", 1)).error().code, TokenFault::malformed);
    for (const char* issuer :
         {"", "https://idp.test/", "https://IDP.test", "https://idp.test.evil"})
        EXPECT_EQ(judge(with("iss", issuer)).error().code, TokenFault::issuer) << issuer;
    auto wanted = expected();
    wanted.issuers = {};
    EXPECT_EQ(judge(claims(), wanted).error().code, TokenFault::issuer);
    wanted.issuers = {"https://first.test", "https://idp.test"};
    EXPECT_TRUE(judge(claims(), wanted));
}

TEST(Token, ForAnotherAudienceIsRefused) {
    EXPECT_EQ(judge(without("aud")).error().code, TokenFault::audience);
    EXPECT_EQ(judge(with("aud", "other")).error().code, TokenFault::audience);
    EXPECT_EQ(judge(with("aud", "connectivity2")).error().code, TokenFault::audience);
    EXPECT_EQ(judge(with("aud", boost::json::array())).error().code, TokenFault::audience);
    EXPECT_EQ(judge(with("aud", 1)).error().code, TokenFault::malformed);
    EXPECT_EQ(judge(with("aud", {"connectivity", 1})).error().code, TokenFault::malformed);
    EXPECT_TRUE(judge(with("aud", "connectivity")));
    auto wanted = expected();
    wanted.audiences = {};
    EXPECT_EQ(judge(claims(), wanted).error().code, TokenFault::audience);
    wanted.any_audience = true;
    EXPECT_TRUE(judge(claims(), wanted));
    EXPECT_TRUE(judge(without("aud"), wanted));
}

TEST(SigningKey, HasTheSameIdAndSignsTheSameAfterPem) {
    const auto pem = signing_key().to_pem().value();
    const auto read = SigningKey::from_pem(pem.reveal()).value();
    EXPECT_EQ(read.key_id(), signing_key().key_id());
    EXPECT_TRUE(verify(read.sign_token(claims()).value(), signing_key_set(), expected()));
}

TEST(SigningKey, PublishesAJwkNamedByItsThumbprint) {
    const auto jwk = signing_key().public_jwk();
    EXPECT_EQ(jwk.at("kty"), "RSA");
    EXPECT_EQ(jwk.at("alg"), "RS256");
    EXPECT_EQ(jwk.at("use"), "sig");
    EXPECT_EQ(jwk.at("e"), "AQAB");
    EXPECT_EQ(jwk.size(), 6u);  // nothing of the private half
    const auto canonical = R"({"e":"AQAB","kty":"RSA","n":")" +
                           std::string(jwk.at("n").get_string()) + R"("})";  // RFC 7638 section 3
    EXPECT_EQ(signing_key().key_id(), to_base64url(sha256(as_bytes(canonical))));
    EXPECT_EQ(std::string_view(jwk.at("kid").get_string()), signing_key().key_id());
}

TEST(SigningKey, IsRsaOnlyAndMakesNoTokenThatIsTooLarge) {
    EXPECT_EQ(SigningKey::from_pem(TokenForge::ec().private_pem()).error().code, Errc::unsupported);
    EXPECT_EQ(signing_key().sign_token(with("x", boost::json::string(13'000, 'x'))).error().code,
              Errc::limit);
}

TEST(KeySet, FindsTheKeyByItsIdDuringARotation) {
    const auto old_key = TokenForge::rsa();
    const auto new_key = TokenForge::rsa();
    const auto keys = KeySet::from_json(key_set_of(old_key.jwk(R"("kid":"old")") + "," +
                                                   new_key.jwk(R"("kid":"new")")))
                          .value();
    EXPECT_EQ(keys.size(), 2u);
    EXPECT_TRUE(keys.has_key_id("old"));
    EXPECT_FALSE(keys.has_key_id("newer"));
    const auto payload = boost::json::serialize(claims());
    EXPECT_TRUE(verify(old_key.token(R"({"alg":"RS256","kid":"old"})", payload, "RS256"), keys,
                       expected()));
    EXPECT_TRUE(verify(new_key.token(R"({"alg":"RS256","kid":"new"})", payload, "RS256"), keys,
                       expected()));
    EXPECT_EQ(
        verify(new_key.token(R"({"alg":"RS256","kid":"old"})", payload, "RS256"), keys, expected())
            .error()
            .code,
        TokenFault::signature);
}

TEST(KeySet, SkipsKeysThatAreNotForUs) {
    const auto good = TokenForge::rsa();
    const auto weak = TokenForge::rsa(1024);
    const auto ec = TokenForge::ec();
    const std::string coordinate = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const std::string skipped[] = {
        good.jwk(R"("kid":"k","use":"enc")"),
        good.jwk(R"("kid":"k","use":1)"),
        good.jwk(R"("kid":1)"),
        good.jwk(R"("kid":"k","alg":"RSA-OAEP")"),
        good.jwk(R"("kid":"k","alg":"HS256")"),
        good.jwk(R"("kid":"k","key_ops":["sign"])"),
        weak.jwk(R"("kid":"k")"),
        R"({"kty":"oct","k":"c2VjcmV0","kid":"k"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"RSA","n":"","e":"AQAB"})",
        R"({"kty":"RSA","e":"AQAB"})",
        R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
        R"({"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"})",
        // Not a point of the curve.
        R"({"kty":"EC","crv":"P-256","x":")" + coordinate + R"(","y":")" + coordinate + R"("})",
        R"({"kty":"EC","crv":"secp256k1","x":"AQ","y":"AQ"})",
        R"("text")",
        "{}",
    };
    for (const auto& jwk : skipped) {
        EXPECT_EQ(KeySet::from_json(key_set_of(jwk)).error().code, Errc::unsupported) << jwk;
        const auto both = KeySet::from_json(key_set_of(jwk + "," + ec.jwk("")));
        ASSERT_TRUE(both) << jwk;
        EXPECT_EQ(both->size(), 1u) << jwk;
    }
}

TEST(KeySet, WithAnExponentOfOneOrAnEvenOneHasNoKey) {
    const auto jwk = TokenForge::rsa().jwk("");
    for (const char* exponent : {"AQ", "AA", "Ag", "AAE", "AQAA", "AQABAQABAQABAQAB"}) {
        auto changed = jwk;
        changed.replace(changed.find("AQAB\"}"), 4, exponent);
        EXPECT_EQ(KeySet::from_json(key_set_of(changed)).error().code, Errc::unsupported)
            << exponent;
    }
}

TEST(KeySet, RefusesTextThatIsNone) {
    const auto jwk = TokenForge::ec().jwk("");
    for (const std::string text :
         {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})", "hello"})
        EXPECT_FALSE(KeySet::from_json(text)) << text;
    std::string many = jwk;
    for (int i = 1; i < 64; ++i) many += "," + jwk;
    EXPECT_TRUE(KeySet::from_json(key_set_of(many)));
    EXPECT_EQ(KeySet::from_json(key_set_of(many + "," + jwk)).error().code, Errc::limit);
    EXPECT_EQ(KeySet::from_json(std::string(300'000, ' ')).error().code, Errc::limit);
}

}  // namespace
}  // namespace sallyport::certs
