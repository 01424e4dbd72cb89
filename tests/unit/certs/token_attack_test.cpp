// Tokens as an attacker makes them. Each is refused, and for the right reason.
#include "base/bytes.hpp"
#include "certs/token.hpp"
#include "tests/support/test_token.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;
using test::key_set_of;
using test::TokenForge;

const TokenForge& rsa() {
    static const auto instance = TokenForge::rsa();
    return instance;
}

const TokenForge& ec() {
    static const auto instance = TokenForge::ec();
    return instance;
}

constexpr std::string_view payload =
    R"({"iss":"https://idp.test","aud":"connectivity","exp":1700000600})";

std::string header(std::string_view algorithm, std::string_view key_id) {
    return R"({"alg":")" + std::string(algorithm) + R"(","kid":")" + std::string(key_id) + R"("})";
}

/// Keys "rsa" and "ec".
KeySet both_keys() {
    static const auto instance =
        KeySet::from_json(key_set_of(rsa().jwk(R"("kid":"rsa","use":"sig","key_ops":["verify"])") +
                                     "," + ec().jwk(R"("kid":"ec")")))
            .value();
    return instance;
}

Result<VerifiedToken> verdict_on(std::string_view token, const KeySet& keys = both_keys()) {
    return verify(token, keys,
                  {.issuers = {"https://idp.test"},
                   .audiences = {"connectivity"},
                   .now = std::chrono::sys_seconds(1'700'000'000s)});
}

void expect_refused(std::string_view token, TokenFault fault, std::string_view why) {
    const auto judged = verdict_on(token);
    ASSERT_FALSE(judged) << why;
    EXPECT_EQ(judged.error().code, fault) << why << ": " << to_text(judged.error());
}

std::string good_token() { return rsa().token(header("RS256", "rsa"), payload, "RS256"); }

TEST(TokenAttack, HasAGoodTokenToStartFrom) {
    const auto judged = verdict_on(good_token());
    EXPECT_TRUE(judged) << to_text(judged.error());
    EXPECT_TRUE(verdict_on(ec().token(header("ES256", "ec"), payload, "ES256")));
}

TEST(TokenAttack, NoAlgorithmOrSharedKeysAreRefused) {
    for (const char* name : {"none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256",
                             "EdDSA", "ES256K", "RS1", "RS256 ", "dir"})
        expect_refused(rsa().token(header(name, "rsa"), payload, "RS256"), TokenFault::algorithm,
                       name);
    const auto unsigned_token =
        to_base64url(as_bytes(R"({"alg":"none"})")) + "." + to_base64url(as_bytes(payload)) + ".";
    expect_refused(unsigned_token, TokenFault::malformed, "no signature");
}

TEST(TokenAttack, PublicKeyAsSharedSecretIsRefused) {
    expect_refused(rsa().token(header("HS256", "rsa"), payload, "HS256"), TokenFault::algorithm,
                   "HS256 with the PEM of the public key");
}

TEST(TokenAttack, AlgorithmOfAnotherKindOfKeyIsRefused) {
    expect_refused(rsa().token(header("RS256", "ec"), payload, "RS256"), TokenFault::algorithm,
                   "RS256 against an EC key");
    expect_refused(ec().token(header("ES256", "rsa"), payload, "ES256"), TokenFault::algorithm,
                   "ES256 against an RSA key");
    expect_refused(ec().token(header("ES384", "ec"), payload, "ES384"), TokenFault::algorithm,
                   "ES384 against P-256");
}

TEST(TokenAttack, AlgorithmOtherThanTheKeysOwnIsRefused) {
    const auto keys =
        KeySet::from_json(key_set_of(rsa().jwk(R"("kid":"rsa","alg":"RS256")"))).value();
    EXPECT_TRUE(verdict_on(good_token(), keys));
    for (const char* name : {"RS512", "PS256"}) {
        const auto token = rsa().token(header(name, "rsa"), payload, name);
        EXPECT_EQ(verdict_on(token, keys).error().code, TokenFault::algorithm) << name;
    }
}

TEST(TokenAttack, UnknownOrMissingKeyIdIsRefused) {
    expect_refused(rsa().token(header("RS256", "other"), payload, "RS256"), TokenFault::key,
                   "unknown");
    expect_refused(rsa().token(header("RS256", ""), payload, "RS256"), TokenFault::key, "empty");
    expect_refused(rsa().token(R"({"alg":"RS256"})", payload, "RS256"), TokenFault::key, "missing");
    expect_refused(rsa().token(R"({"alg":"RS256","kid":1})", payload, "RS256"),
                   TokenFault::malformed, "a number");
    const auto one = KeySet::from_json(key_set_of(rsa().jwk(R"("kid":"rsa")"))).value();
    EXPECT_TRUE(verdict_on(rsa().token(R"({"alg":"RS256"})", payload, "RS256"), one));
    EXPECT_EQ(verdict_on(rsa().token(header("RS256", "x"), payload, "RS256"), one).error().code,
              TokenFault::key);
}

TEST(TokenAttack, KeysTheTokenBringsAreIgnored) {
    const auto evil = TokenForge::rsa();
    const auto own_key = R"({"alg":"RS256","kid":"rsa","jku":"https://evil.test/keys",)"
                         R"("x5u":"https://evil.test/x","x5c":["AAAA"],"jwk":)" +
                         evil.jwk("") + "}";
    expect_refused(evil.token(own_key, payload, "RS256"), TokenFault::signature, "its own key");
    EXPECT_TRUE(verdict_on(rsa().token(own_key, payload, "RS256")));
}

TEST(TokenAttack, ForeignOrChangedSignatureIsRefused) {
    const auto evil = TokenForge::rsa();
    expect_refused(evil.token(header("RS256", "rsa"), payload, "RS256"), TokenFault::signature,
                   "another key");
    const auto good = good_token();
    const auto last = good.rfind('.');
    expect_refused(good.substr(0, last + 1) + "AAAA", TokenFault::signature, "short");
    expect_refused(good + "AAAA", TokenFault::signature, "long");
    auto changed = good;
    changed[last + 10] = changed[last + 10] == 'A' ? 'B' : 'A';
    expect_refused(changed, TokenFault::signature, "one bit");
    auto other_payload = good;
    other_payload.replace(good.find('.') + 1, last - good.find('.') - 1,
                          to_base64url(as_bytes(R"({"iss":"https://idp.test","exp":1700000601})")));
    expect_refused(other_payload, TokenFault::signature, "another payload");
}

TEST(TokenAttack, SignatureOfAWrongLengthNeverReachesTheLibrary) {
    const auto input = to_base64url(as_bytes(header("PS256", "rsa"))) + "." +
                       to_base64url(as_bytes(payload)) + ".";
    const auto curve_input =
        to_base64url(as_bytes(header("ES256", "ec"))) + "." + to_base64url(as_bytes(payload)) + ".";
    for (const std::size_t size : {1, 32, 63, 65, 127, 255, 257, 1024}) {
        const auto signature = to_base64url(as_bytes(std::string(size, '\x01')));
        expect_refused(input + signature, TokenFault::signature, "PSS");
        expect_refused(curve_input + signature, TokenFault::signature, "ECDSA");
    }
}

TEST(TokenAttack, RightEcdsaSignatureInAnotherSpellingIsRefused) {
    const auto input =
        to_base64url(as_bytes(header("ES256", "ec"))) + "." + to_base64url(as_bytes(payload));
    const auto signature = ec().sign(input, "ES256");
    const auto spelled = [&](const std::string& bytes) {
        return input + "." + to_base64url(as_bytes(bytes));
    };
    EXPECT_TRUE(verdict_on(spelled(signature)));
    const std::string zero(1, '\0');
    expect_refused(spelled(signature + "x"), TokenFault::signature, "a byte too many");
    expect_refused(spelled(zero + signature.substr(0, 32) + zero + signature.substr(32)),
                   TokenFault::signature, "both halves with a leading zero");
}

TEST(TokenAttack, EcdsaSignatureOfZerosIsRefused) {
    const auto input =
        to_base64url(as_bytes(header("ES256", "ec"))) + "." + to_base64url(as_bytes(payload)) + ".";
    expect_refused(input + to_base64url(as_bytes(std::string(64, '\0'))), TokenFault::signature,
                   "r = s = 0");
}

TEST(TokenAttack, DuplicateMembersAreRefused) {
    for (const char* twice : {R"({"alg":"RS256","kid":"rsa","alg":"none"})",
                              R"({"alg":"RS256","kid":"rsa","kid":"ec"})",
                              R"({"alg":"RS256","kid":"rsa","\u0061lg":"RS256"})"})
        expect_refused(rsa().token(twice, payload, "RS256"), TokenFault::malformed, twice);
    for (const char* twice :
         {R"({"iss":"https://idp.test","aud":"connectivity","exp":1700000600,"iss":"x"})",
          R"({"iss":"https://idp.test","aud":"connectivity","exp":1,"exp":1700000600})",
          R"({"iss":"https://idp.test","aud":"connectivity","exp":1700000600,"x":{"a":1,"a":2}})"})
        expect_refused(rsa().token(header("RS256", "rsa"), twice, "RS256"), TokenFault::malformed,
                       twice);
}

TEST(TokenAttack, CriticalExtensionsAreRefused) {
    for (const char* critical :
         {R"({"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1})",
          R"({"alg":"RS256","kid":"rsa","crit":["b64"],"b64":false})",
          R"({"alg":"RS256","kid":"rsa","crit":[]})", R"({"alg":"RS256","kid":"rsa","crit":null})"})
        expect_refused(rsa().token(critical, payload, "RS256"), TokenFault::malformed, critical);
}

TEST(TokenAttack, OtherFramingsAreRefused) {
    const auto good = good_token();
    const auto first = good.find('.');
    const auto last = good.rfind('.');
    const auto head = good.substr(0, first);
    const auto body = good.substr(first + 1, last - first - 1);
    const auto signature = good.substr(last + 1);
    const std::string forms[] = {
        "",
        ".",
        "..",
        "...",
        head,
        head + "." + body,
        head + "." + body + ".",
        head + ".." + signature,
        "." + body + "." + signature,
        good + ".",
        good + ".x",
        "." + good,
        good + "=",
        good + "\n",
        " " + good,
        "Bearer " + good,
        head + "=." + body + "." + signature,
        head + "." + body + "==." + signature,
        head + "." + body + "." + signature + "==",
        head + "\n." + body + "." + signature,
        head + "." + body + "+." + signature,
        head + "." + body + "/." + signature,
        good.substr(0, first + 5) + std::string(1, '\0') + good.substr(first + 6),
        R"({"protected":"e30","payload":"e30","signature":"AA"})",
    };
    for (const auto& form : forms) expect_refused(form, TokenFault::malformed, form);
}

TEST(TokenAttack, PartsThatAreNoObjectsAreRefused) {
    for (const char* json : {"[]", "1", "null", "\"x\"", "{", "{}{}", "{\"a\":1,}", "{'a':1}",
                             "{\"a\":\"\xff\"}", "{\"a\":NaN}", "/**/{}"}) {
        expect_refused(rsa().token(json, payload, "RS256"), TokenFault::malformed, json);
        expect_refused(rsa().token(header("RS256", "rsa"), json, "RS256"), TokenFault::malformed,
                       json);
    }
    expect_refused(rsa().token("{}", payload, "RS256"), TokenFault::malformed, "no alg");
    expect_refused(rsa().token(R"({"alg":["RS256"]})", payload, "RS256"), TokenFault::malformed,
                   "alg a list");
}

TEST(TokenAttack, HugeOrDeepTokensAreRefused) {
    const auto large = R"({"x":")" + std::string(13'000, 'x') + R"("})";
    expect_refused(rsa().token(header("RS256", "rsa"), large, "RS256"), TokenFault::malformed,
                   "large");
    const auto deep = R"({"x":)" + std::string(16, '[') + std::string(16, ']') + "}";
    expect_refused(rsa().token(header("RS256", "rsa"), deep, "RS256"), TokenFault::malformed,
                   "deep");
}

}  // namespace
}  // namespace sallyport::certs
