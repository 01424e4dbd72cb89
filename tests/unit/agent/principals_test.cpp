#include "agent/principals.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "net/loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_token.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using test::key_set_of;
using test::TokenForge;
using testing::ElementsAre;

constexpr std::chrono::sys_seconds now(1'700'000'000s);
constexpr std::string_view header = R"({"alg":"ES256","kid":"k1"})";

const TokenForge& forge() {
    static const auto instance = TokenForge::ec();
    return instance;
}
const TokenForge& other_forge() {
    static const auto instance = TokenForge::ec();
    return instance;
}

boost::json::object user_claims() {
    return {{"iss", "https://idp.test"}, {"aud", {"app"}}, {"exp", 1'700'000'600},
            {"iat", 1'700'000'000},      {"sub", "u-1"},   {"user_name", "jane@corp.example"}};
}
boost::json::object technical_claims() {
    return {{"iss", "https://idp.test"}, {"aud", {"app"}},
            {"exp", 1'700'000'600},      {"sub", "sb-app"},
            {"client_id", "sb-app"},     {"grant_type", "client_credentials"}};
}
boost::json::object claims_with(std::string_view name, boost::json::value value) {
    auto claims = user_claims();
    claims[name] = std::move(value);
    return claims;
}
std::string token_of(const boost::json::object& claims, std::string_view head = header) {
    return forge().token(head, boost::json::serialize(claims), "ES256");
}

/// A site that believes https://idp.test (a file) and https://far.test (keys to be fetched).
class PrincipalsTest : public testing::Test {
protected:
    PrincipalsTest() {
        const auto file = folder_.path() / "keys.json";
        const auto keys =
            key_set_of(forge().jwk(R"("kid":"k1")") + "," + other_forge().jwk(R"("kid":"k2")"));
        EXPECT_TRUE(replace_file(file, keys, 0600));
        site_ = site_of({IdentityProviderConfig{.issuer = "https://idp.test",
                                                .jwks_url = {},
                                                .jwks_file = file,
                                                .ca_file = {},
                                                .audiences = {"app"}},
                         IdentityProviderConfig{.issuer = "https://far.test",
                                                .jwks_url = KeyUrl{"far.test", 443, "/k"},
                                                .jwks_file = {},
                                                .ca_file = {},
                                                .audiences = {"app"}}});
    }
    static SitePtr site_of(const std::vector<IdentityProviderConfig>& configs) {
        auto site = std::make_shared<Site>();
        auto providers = IdentityProviders::load(configs, {}, nullptr);
        EXPECT_TRUE(providers) << to_text(providers.error());
        site->identity_providers = std::move(*providers);
        return site;
    }
    std::string source() const { return site_->identity_providers.sources().at(0).id; }

    void ask(Principals::Question& question, std::string_view user, std::string_view technical,
             std::chrono::sys_seconds when = now) {
        http::HubFacts facts;
        facts.user_token = user;
        facts.technical_token = technical;
        principals_.resolve(question, site_, policy_, facts, when);
    }
    /// "jane", "refused: code", "nobody" or "pending".
    std::string ask(std::string_view user, std::string_view technical = {},
                    std::chrono::sys_seconds when = now) {
        Principals::Question question(event_);
        ask(question, user, technical, when);
        return answer_of(question);
    }
    /// As for a request that is refused anyway.
    std::string recognize(std::string_view user, std::string_view client = "app",
                          std::chrono::sys_seconds when = now) {
        Principals::Question question(event_);
        http::HubFacts facts;
        facts.client = client;
        facts.user_token = user;
        principals_.recognize(question, site_, facts, when);
        return answer_of(question);
    }
    static std::string answer_of(const Principals::Question& question) {
        if (question.pending()) return "pending";
        if (question.refusal())
            return std::to_string(question.refusal()->status) + " " +
                   std::string(question.refusal()->code);
        return question.principal() == nullptr ? "nobody" : question.principal()->name;
    }
    std::string message_of(std::string_view user) {
        Principals::Question question(event_);
        ask(question, user, {});
        return question.refusal() ? question.refusal()->message : "";
    }

    test::TemporaryFolder folder_;
    net::Loop loop_;
    net::Event event_{loop_.turn};
    std::vector<std::string> asked_;
    Principals principals_{[this](std::string_view which) { asked_.emplace_back(which); }};
    mappings::PrincipalPolicy policy_{.required = true};
    SitePtr site_;
};

TEST_F(PrincipalsTest, AVerifiedTokenSaysWhoAsks) {
    const auto token = token_of(user_claims());
    Principals::Question question(event_);
    ask(question, token, {});
    ASSERT_EQ(answer_of(question), "jane@corp.example");
    const auto& jane = *question.principal();
    EXPECT_EQ(jane.type, certs::UserType::business);
    EXPECT_EQ(jane.issuer, "https://idp.test");
    EXPECT_EQ(jane.subject, "u-1");
    EXPECT_EQ(jane.claims, user_claims());
    EXPECT_EQ(jane.expires_at, now + 600s);
}

TEST_F(PrincipalsTest, TheIdentityIsThatOfTheUserNotOfTheToken) {
    const auto id_of = [&](const boost::json::object& claims) {
        Principals::Question question(event_);
        const auto token = token_of(claims);
        ask(question, token, {});
        EXPECT_TRUE(question.principal());
        return question.principal() ? question.principal()->id : "";
    };
    const auto jane = id_of(user_claims());
    EXPECT_EQ(id_of(claims_with("exp", 1'700'000'601)), jane);
    EXPECT_EQ(id_of(claims_with("user_name", "other")), jane);
    EXPECT_NE(id_of(claims_with("sub", "u-2")), jane);
}

TEST_F(PrincipalsTest, WhoIsRefusedIsRecognizedByAValidTokenOnly) {
    EXPECT_EQ(recognize({}), "nobody");
    EXPECT_EQ(recognize(token_of(user_claims())), "jane@corp.example");
    EXPECT_EQ(recognize("x.y.z"), "407 principal_malformed");
    EXPECT_EQ(recognize(token_of(claims_with("exp", 1'600'000'000))), "407 principal_expired");
    EXPECT_EQ(recognize(token_of(claims_with("iss", "https://far.test"))),
              "503 principal_keys_missing");
    EXPECT_THAT(asked_, ElementsAre()) << "nothing is fetched for the record";
    site_ = std::make_shared<Site>();
    EXPECT_EQ(recognize("x.y.z"), "nobody") << "tokens mean nothing where no provider is believed";
}

TEST_F(PrincipalsTest, RecognizingUnknownTokensOfOneClientHasALimit) {
    const auto jane = token_of(user_claims());
    EXPECT_EQ(recognize(jane), "jane@corp.example");
    const auto judged = principals_.judged();
    const auto forged = token_of(claims_with("exp", 1'600'000'000));
    std::uint32_t looked_at = 0;
    for (int i = 0; i < 100; ++i)
        if (recognize(forged) == "407 principal_expired") ++looked_at;
    EXPECT_EQ(looked_at, recognitions_per_second_max - 1) << "jane's was the first";
    EXPECT_EQ(principals_.judged() - judged, looked_at);
    EXPECT_EQ(recognize(forged), "407 principal_unchecked");
    EXPECT_EQ(recognize(jane), "jane@corp.example") << "who is known costs nothing";
    EXPECT_EQ(ask(forged), "407 principal_expired") << "what is allowed waits for no budget";
    EXPECT_EQ(recognize(forged, "app", now + 1s), "407 principal_expired");
    RecognitionBudget budget;
    for (std::uint32_t i = 0; i <= recognitions_per_second_max; ++i) {
        budget.asks("t", "noisy");
        EXPECT_EQ(budget.take(now), i < recognitions_per_second_max);
    }
    budget.asks("t", "quiet");
    EXPECT_TRUE(budget.take(now)) << "another client's flood hides nobody";
}

TEST_F(PrincipalsTest, NobodyIsFineUnlessAPrincipalIsRequired) {
    EXPECT_EQ(ask({}), "407 principal_required");
    policy_ = {.kind = mappings::PrincipalKind::x509};
    EXPECT_EQ(ask({}), "nobody");
    EXPECT_EQ(ask(token_of(user_claims())), "jane@corp.example");
    EXPECT_EQ(ask("x.y.z"), "407 principal_malformed") << "required or not";
    policy_ = {};
    EXPECT_EQ(ask("x.y.z"), "nobody") << "tokens are not looked at";
}

TEST_F(PrincipalsTest, ATokenStandsOnlyWhereItsKindBelongs) {
    const auto user = token_of(user_claims());
    const auto technical = token_of(technical_claims());
    EXPECT_EQ(ask({}, technical), "sb-app");
    EXPECT_EQ(ask(technical), "407 principal_type");
    EXPECT_EQ(ask({}, user), "407 principal_type");
    EXPECT_EQ(ask(user), "jane@corp.example");
    EXPECT_EQ(ask({}, user), "407 principal_type") << "not from memory either";
    EXPECT_EQ(ask(user, technical), "400 principal_ambiguous");
    auto mixed = technical_claims();
    mixed["user_name"] = "admin";
    EXPECT_EQ(ask({}, token_of(mixed)), "407 principal_type");
}

TEST_F(PrincipalsTest, RefusesWhatAttackersTry) {
    const auto claims = boost::json::serialize(user_claims());
    const auto good = token_of(user_claims());
    const auto in_header = [&](std::string_view more) {
        return forge().token(R"({"alg":"ES256","kid":"k1",)" + std::string(more) + "}", claims,
                             "ES256");
    };
    const auto unsigned_head = to_base64url(as_bytes(R"({"alg":"none"})"));
    const auto body = to_base64url(as_bytes(claims));
    const std::pair<std::string, const char*> cases[] = {
        {unsigned_head + "." + body + ".", "407 principal_malformed"},
        {unsigned_head + "." + body + ".AAAA", "407 principal_algorithm"},
        {forge().token(R"({"alg":"HS256","kid":"k1"})", claims, "HS256"),
         "407 principal_algorithm"},
        {token_of(user_claims(), R"({"alg":"ES384","kid":"k1"})"), "407 principal_algorithm"},
        {token_of(user_claims(), R"({"alg":"RS256","kid":"k1"})"), "407 principal_algorithm"},
        {token_of(user_claims(), R"({"alg":"ES256","kid":"k2"})"), "407 principal_signature"},
        {token_of(user_claims(), R"({"alg":"ES256","kid":"k9"})"), "407 principal_key"},
        {token_of(user_claims(), R"({"alg":"ES256"})"), "407 principal_key"},
        {token_of(user_claims(), R"({"alg":"ES256","kid":7})"), "407 principal_malformed"},
        {in_header(R"("crit":["exp"])"), "407 principal_malformed"},
        {in_header(R"("alg":"ES256")"), "407 principal_malformed"},
        {good.substr(0, good.size() - 2), "407 principal_signature"},
        {good.substr(0, good.rfind('.')), "407 principal_malformed"},
        {good + "=", "407 principal_malformed"},
        {good + ".x", "407 principal_malformed"},
        {std::string(16 * 1024 + 1, 'x'), "407 principal_malformed"},
        {forge().token(header, R"({"iss":"https://idp.test","iss":"https://idp.test"})", "ES256"),
         "407 principal_malformed"},
        {token_of(claims_with("exp", 1'700'000'000.5)), "407 principal_malformed"},
        {token_of(claims_with("exp", "1700000600")), "407 principal_malformed"},
        {token_of(claims_with("iss", "https://evil.test")), "407 principal_issuer"},
        {token_of(claims_with("iss", "https://idp.test/")), "407 principal_issuer"},
        {token_of(claims_with("iss", {"https://idp.test"})), "407 principal_issuer"},
        {token_of(claims_with("aud", "other")), "407 principal_audience"},
        {token_of(claims_with("aud", {"app ", "APP"})), "407 principal_audience"},
        {token_of(claims_with("aud", nullptr)), "407 principal_malformed"},
        {token_of(claims_with("sub", "")), "407 principal_malformed"},
        {token_of(claims_with("sub", 7)), "407 principal_malformed"},
    };
    for (const auto& [token, answer] : cases) EXPECT_EQ(ask(token), answer) << token.substr(0, 400);
    // Where a token says its keys are is nobody's business, but no reason to refuse it either.
    for (const char* more : {R"("jku":"https://evil.test/k")", R"("x5u":"https://evil.test/c")",
                             R"("x5c":["AAAA"])", R"("jwk":{"kty":"oct","k":"AAAA"})"})
        EXPECT_EQ(ask(in_header(more)), "jane@corp.example") << more;
    const auto& evil = other_forge();
    EXPECT_EQ(
        ask(evil.token(R"({"alg":"ES256","kid":"k1","jwk":)" + evil.jwk(R"("kid":"k1")") + "}",
                       claims, "ES256")),
        "407 principal_signature");
}

TEST_F(PrincipalsTest, TimesHaveAMinuteOfLeeway) {
    const auto at = [&](std::string_view claim, int offset) {
        return ask(token_of(claims_with(claim, 1'700'000'000 + offset)));
    };
    EXPECT_EQ(at("exp", -59), "jane@corp.example");
    EXPECT_EQ(at("exp", -60), "407 principal_expired");
    EXPECT_EQ(at("exp", -61), "407 principal_expired");
    EXPECT_EQ(at("nbf", 60), "jane@corp.example");
    EXPECT_EQ(at("nbf", 61), "407 principal_not_yet_valid");
    EXPECT_EQ(at("iat", 60), "jane@corp.example");
    EXPECT_EQ(at("iat", 61), "407 principal_not_yet_valid");
    EXPECT_EQ(message_of(token_of(claims_with("exp", 1'700'000'000 - 61))),
              "The user token is refused: expired 61 s ago; get a new one.");
    EXPECT_EQ(message_of(token_of(claims_with("iat", 1'700'000'000 + 17 * 60))),
              "The user token is refused: not yet valid: this clock or its issuer's is off by "
              "17 min.");
}

TEST_F(PrincipalsTest, ToleranceIsForExpiredTokensOnly) {
    auto config = IdentityProviderConfig{.issuer = "https://idp.test",
                                         .jwks_url = {},
                                         .jwks_file = folder_.path() / "keys.json",
                                         .ca_file = {},
                                         .audiences = {"app"},
                                         .any_audience = false,
                                         .expiration_tolerance = 300s};
    site_ = site_of({config});
    const auto expired = token_of(claims_with("exp", 1'700'000'000 - 359));
    EXPECT_EQ(ask(expired), "jane@corp.example");
    EXPECT_EQ(ask(expired, {}, now + 1s), "407 principal_expired") << "not from memory either";
    EXPECT_EQ(ask(token_of(claims_with("nbf", 1'700'000'061))), "407 principal_not_yet_valid");
}

TEST_F(PrincipalsTest, AVerifiedTokenIsRememberedUntilItEnds) {
    const auto token = token_of(user_claims());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(token), "jane@corp.example");
    EXPECT_EQ(principals_.judged(), 1u);
    EXPECT_EQ(principals_.remembered(), 1u);
    EXPECT_EQ(ask(token, {}, now + 659s), "jane@corp.example");
    EXPECT_EQ(principals_.judged(), 1u);
    EXPECT_EQ(ask("x.y.z"), "407 principal_malformed");
    EXPECT_EQ(principals_.remembered(), 1u) << "only valid ones are remembered";
    EXPECT_EQ(ask(token, {}, now + 660s), "407 principal_expired");
    EXPECT_EQ(principals_.remembered(), 0u);
    EXPECT_EQ(ask(token), "jane@corp.example") << "a clock set back: judged anew, not remembered";
    EXPECT_EQ(principals_.judged(), 3u);
}

TEST_F(PrincipalsTest, AnotherConfigurationJudgesAgain) {
    const auto token = token_of(user_claims());
    EXPECT_EQ(ask(token), "jane@corp.example");
    site_ = site_of({});
    EXPECT_EQ(ask(token), "407 principal_issuer");
}

/// Of an issuer whose keys have to be fetched.
class FetchedKeysTest : public PrincipalsTest {
protected:
    FetchedKeysTest() {
        auto claims = user_claims();
        claims["iss"] = "https://far.test";
        token_ = token_of(claims);
        // As the owner of the key sets does before the site is used.
        publish({});
    }
    void publish(const daemon::SourceKeys& known) {
        auto snapshot = std::make_shared<daemon::KeySnapshot>();
        snapshot->emplace(source(), known);
        principals_.use(std::move(snapshot));
    }
    static daemon::SourceKeys fetched(std::uint64_t times, const TokenForge& key,
                                      std::string_view id, std::uint64_t changes = 1) {
        daemon::SourceKeys known;
        known.keys =
            *certs::KeySet::from_json(key_set_of(key.jwk(R"("kid":")" + std::string(id) + R"(")")));
        known.fetches = times;
        known.changes = changes;
        return known;
    }
    std::string token_;
};

TEST_F(FetchedKeysTest, TheFirstRequestsWaitForTheFirstFetch) {
    Principals::Question question(event_);
    ask(question, token_, {},
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    EXPECT_EQ(answer_of(question), "pending");
    EXPECT_FALSE(event_.is_set());
    publish({});
    EXPECT_EQ(answer_of(question), "pending") << "no fetch has ended";
    daemon::SourceKeys failed;
    failed.fetches = 1;
    failed.error = "refused";
    publish(failed);
    EXPECT_EQ(answer_of(question), "503 principal_keys_missing");
    EXPECT_TRUE(event_.is_set());
    EXPECT_EQ(ask(token_), "503 principal_keys_missing") << "and nobody waits for the next";
}

TEST_F(FetchedKeysTest, KeysThatComeAnswerWhoWaits) {
    auto claims = user_claims();
    claims["iss"] = "https://far.test";
    claims["exp"] = 4'000'000'000;
    const auto token = token_of(claims);
    Principals::Question question(event_);
    ask(question, token, {});
    publish(fetched(1, forge(), "k1"));
    EXPECT_EQ(answer_of(question), "jane@corp.example");
    EXPECT_TRUE(event_.is_set());
}

TEST_F(FetchedKeysTest, AnUnknownKeyIsFetchedOnce) {
    publish(fetched(1, other_forge(), "k0"));
    Principals::Question question(event_);
    ask(question, token_, {});
    EXPECT_EQ(answer_of(question), "pending");
    Principals::Question second(event_);
    ask(second, token_, {});
    EXPECT_THAT(asked_, ElementsAre(source())) << "asked once, however many wait";
    publish(fetched(2, other_forge(), "k0"));
    EXPECT_EQ(answer_of(question), "407 principal_key");
    EXPECT_EQ(answer_of(second), "407 principal_key");
}

TEST_F(FetchedKeysTest, NobodyWaitsForAFetchThatIsNotMadeYet) {
    auto known = fetched(1, other_forge(), "k0");
    known.refreshable_at = net::Loop::now() + 1h;
    publish(known);
    EXPECT_EQ(ask(token_), "407 principal_key");
    EXPECT_THAT(asked_, ElementsAre(source())) << "but it is asked for";
    EXPECT_EQ(ask(token_), "407 principal_key");
    EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(FetchedKeysTest, NobodyWaitsForKeysOfAnAgentThatStops) {
    Principals::Question before(event_);
    ask(before, token_, {});
    EXPECT_EQ(answer_of(before), "pending");
    daemon::SourceKeys stopped;  // as KeySets::stop() leaves them
    stopped.fetches = 1;
    stopped.refreshable_at = net::Deadline::max();
    publish(stopped);
    EXPECT_EQ(answer_of(before), "503 principal_keys_missing");
    EXPECT_TRUE(event_.is_set());
    auto known = fetched(1, other_forge(), "k0");
    known.refreshable_at = net::Deadline::max();
    publish(known);
    EXPECT_EQ(ask(token_), "407 principal_key");
}

TEST_F(FetchedKeysTest, OtherKeysMakeOldTokensProveThemselvesAgain) {
    publish(fetched(1, forge(), "k1"));
    EXPECT_EQ(ask(token_), "jane@corp.example");
    publish(fetched(2, forge(), "k1"));
    EXPECT_EQ(ask(token_), "jane@corp.example");
    EXPECT_EQ(principals_.judged(), 1u) << "the same keys";
    auto known = fetched(3, other_forge(), "k1", 2);
    publish(known);
    EXPECT_EQ(ask(token_), "407 principal_signature");
}

TEST_F(FetchedKeysTest, AQuestionThatIsWithdrawnIsNotAnswered) {
    {
        Principals::Question question(event_);
        ask(question, token_, {});
        EXPECT_EQ(answer_of(question), "pending");
    }
    publish(fetched(1, forge(), "k1"));
    EXPECT_FALSE(event_.is_set());
}

}  // namespace
}  // namespace sallyport::agent
