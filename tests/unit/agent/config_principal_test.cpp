#include "agent/config.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Kind = certs::SubjectCondition::Kind;

const std::string one_hub = "[[hub]]\nurl = \"https://hub.test\"\n";

Result<Config> parse_principal(const std::string& text) {
    return Config::parse({{"f", one_hub + text}});
}

std::string principal_problems_of(const std::string& text) {
    const auto config = parse_principal(text);
    return config ? "" : config.error().detail;
}

TEST(PrincipalConfig, ReadsEveryKey) {
    const auto config = parse_principal(R"(
[[identity_provider]]
issuer = "https://login.corp.example"
jwks_url = "https://login.corp.example:8443/keys?v=2"
ca_file = "/etc/ssl/idp.pem"
audiences = ["sb-app!t1", "other"]
expiration_tolerance = "5m"
[[identity_provider]]
issuer = "https://second"
jwks_file = "/etc/sallyport/second.json"
audiences = ["*"]
accept_any_audience = true
[principal]
validity = "20m"
strip = ["X-User"]
[[principal.subject]]
pattern = "CN=${client_id},OU=Technical"
when = { user_type = "Technical", "cp.x" = true, mail = false, ou = { is_not = "guest" } }
[[principal.subject]]
pattern = "CN=${name},OU=${mail}"
)");
    ASSERT_TRUE(config) << config.error().detail;
    const IdentityProviderConfig first{.issuer = "https://login.corp.example",
                                       .jwks_url = KeyUrl{"login.corp.example", 8443, "/keys?v=2"},
                                       .jwks_file = {},
                                       .ca_file = "/etc/ssl/idp.pem",
                                       .audiences = {"sb-app!t1", "other"},
                                       .any_audience = false,
                                       .expiration_tolerance = 300s};
    const IdentityProviderConfig second{.issuer = "https://second",
                                        .jwks_url = {},
                                        .jwks_file = "/etc/sallyport/second.json",
                                        .ca_file = {},
                                        .audiences = {},
                                        .any_audience = true};
    EXPECT_THAT(config->identity_providers, ElementsAre(first, second));
    EXPECT_THAT(config->strip, ElementsAre("X-User"));
    EXPECT_EQ(config->principal_validity, 20min);
    ASSERT_EQ(config->subject.size(), 2u);
    EXPECT_THAT(
        config->subject[0].when,
        testing::UnorderedElementsAre(certs::SubjectCondition{"user_type", Kind::is, "Technical"},
                                      certs::SubjectCondition{"cp.x", Kind::exists, ""},
                                      certs::SubjectCondition{"mail", Kind::missing, ""},
                                      certs::SubjectCondition{"ou", Kind::is_not, "guest"}));
    EXPECT_EQ(config->subject[0].pattern, "CN=${client_id},OU=Technical");
    EXPECT_THAT(config->subject[1].when, IsEmpty());
}

TEST(PrincipalConfig, WithoutItNobodyIsBelieved) {
    const auto config = parse_principal("");
    ASSERT_TRUE(config);
    EXPECT_THAT(config->identity_providers, IsEmpty());
    EXPECT_THAT(config->subject, IsEmpty());
    EXPECT_EQ(config->principal_validity, 10min);
}

TEST(PrincipalConfig, RefusesProvidersAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"jwks_file = \"/k\"\naudiences = [\"a\"]", "f:3:1: identity_provider.issuer must be"},
        {"issuer = \"i\"\naudiences = [\"a\"]",
         "f:3:1: identity_provider.jwks_url or jwks_file is needed, and only one of them"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_file = \"/k\"\njwks_url = \"https://h/k\"",
         "f:7:12: identity_provider.jwks_url or jwks_file is needed, and only one of them"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_url = \"http://h/k\"",
         "f:6:12: identity_provider.jwks_url must be https://host[:port]/path"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_url = \"https://h/k#x\"",
         "f:6:12: identity_provider.jwks_url must be https://host[:port]/path"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_url = \"https://u@h/k\"",
         "f:6:12: identity_provider.jwks_url must be https://host[:port]/path"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_file = \"k\"",
         "f:6:13: identity_provider.jwks_file must be an absolute path"},
        {"issuer = \"i\"\naudiences = [\"a\"]\njwks_file = \"/k\"\nca_file = \"/c\"",
         "f:7:11: identity_provider.ca_file belongs to jwks_url"},
        {"issuer = \"i\"\njwks_file = \"/k\"",
         "f:3:1: identity_provider.audiences must name the client ids"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudiences = []",
         "f:6:13: identity_provider.audiences must name the client ids"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudiences = [\"*\"]",
         "f:6:13: identity_provider.audiences \"*\" takes a token made for any application"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudiences = [\"*\", \"a\"]\naccept_any_audience = "
         "true",
         "f:6:13: identity_provider.audiences must be \"*\" alone"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudiences = [\"a\"]\naccept_any_audience = true",
         "f:7:23: identity_provider.accept_any_audience belongs to audiences = [\"*\"]"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudiences = [\"a\"]\nexpiration_tolerance = \"15d\"",
         "f:7:24: identity_provider.expiration_tolerance must be a time"},
        {"issuer = \"i\"\njwks_file = \"/k\"\naudience = [\"a\"]",
         "f:3:1: identity_provider.audiences must name"},
    };
    for (const auto& [text, problem] : cases)
        EXPECT_THAT(principal_problems_of("[[identity_provider]]\n" + std::string(text)),
                    StartsWith(problem))
            << text;
    const std::string one =
        "[[identity_provider]]\nissuer = \"i\"\njwks_file = \"/k\"\naudiences = [\"a\"]\n";
    EXPECT_EQ(principal_problems_of(one + one), "f:8:10: identity_provider.issuer stands twice: i");
}

TEST(PrincipalConfig, RefusesSubjectsAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"subject = [ { pattern = \"name\" } ]",
         "f:4:25: principal.subject.pattern is no subject: "},
        {"subject = [ { } ]", "f:4:13: principal.subject.pattern is no subject: "},
        {"subject = [ { when = { mail = 1 }, pattern = \"CN=x\" } ]", "f:4:31: "},
        {"subject = [ { wen = { mail = true }, pattern = \"CN=x\" } ]",
         "f:4:15: unknown key principal.subject.wen; did you mean when?"},
        {"validity = \"1s\"", "f:4:12: principal.validity must be a time"},
    };
    for (const auto& [text, problem] : cases)
        EXPECT_THAT(principal_problems_of("[principal]\n" + std::string(text)), StartsWith(problem))
            << text;
}

TEST(PrincipalConfig, WarnsOfWhatWeakensIt) {
    const std::string mapping =
        "[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\nprincipal = { required = true }\n"
        "[[mapping.rule]]\npath = \"/\"\n";
    const auto provider = [](const std::string& issuer, const std::string& more) {
        return "[[identity_provider]]\nissuer = \"" + issuer + "\"\njwks_file = \"/k\"\n" + more +
               "\n";
    };
    EXPECT_THAT(parse_principal(mapping)->warnings,
                ElementsAre(HasSubstr("no [[identity_provider]] says whose tokens to believe")));
    EXPECT_THAT(parse_principal(mapping + provider("i", "audiences = [\"a\"]"))->warnings,
                IsEmpty());
    EXPECT_THAT(
        parse_principal(provider("i", "audiences = [\"*\"]\naccept_any_audience = true"))->warnings,
        ElementsAre(HasSubstr("accepts tokens made for any application")));
    for (const char* issuer : {"https://hub.test", "https://hub.test/oauth/token"})
        EXPECT_THAT(parse_principal(provider(issuer, "audiences = [\"a\"]"))->warnings,
                    ElementsAre(HasSubstr("is the hub itself")));
}

}  // namespace
}  // namespace sallyport::agent
