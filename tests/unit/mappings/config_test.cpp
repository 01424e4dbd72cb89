#include "mappings/config.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Reading {
    std::vector<Mapping> mappings;
    std::vector<std::string> warnings;
    std::string problems;
};

Reading read(std::string_view text) {
    ConfigProblems problems;
    auto document = read_config(text, "t", problems);
    MappingDocuments documents{{}, {"prod"}, {}};
    read_mappings(document, documents);
    document.done();
    return {documents.mappings, documents.warnings, problems.text()};
}

/// The problems of a mapping that is right but for `more`.
std::string problems_with(const std::string& more) {
    return read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n" + more).problems;
}
std::string problems_with_rule(const std::string& rule) {
    return problems_with("[[mapping.rule]]\n" + rule);
}

TEST(MappingConfig, ReadsEveryKey) {
    const auto reading = read(R"(
[[mapping]]
virtual = "ERP.virtual:44300"
internal = "https://s4.corp.local:44301"
hub = "prod"
host_header = "internal"
principal = { kind = "none", required = false }
system_certificate = false
via = ""
expires = ""
maintenance = false
limits.connections = 7
limits.requests_per_second = 0
limits.response_timeout = "5s"
limits.stall_timeout = "1h"
limits.circuit_breaker = false
description = "S/4HANA"
[[mapping.rule]]
path = "/sap/opu/odata/"
match = "subpaths"
methods = ["GET", "HEAD", "POST"]
upgrade = true
batch = true
enabled = false
description = "all services"
[[mapping.rule]]
path = "/sap/bc/ping"
)");
    EXPECT_EQ(reading.problems, "");
    EXPECT_THAT(reading.warnings, IsEmpty());
    ASSERT_EQ(reading.mappings.size(), 1u);
    const Mapping wanted{.virtual_host = *VirtualHost::parse("erp.virtual:44300"),
                         .internal = {Protocol::https, "s4.corp.local", {44301}},
                         .hub = "prod",
                         .host_header = HostHeader::internal_host,
                         .limits = {.connections = 7, .response_timeout = 5s, .stall_timeout = 1h},
                         .description = "S/4HANA",
                         .rules = {{.path = "/sap/opu/odata/",
                                    .match = Match::subpaths,
                                    .methods = {"GET", "HEAD", "POST"},
                                    .upgrade = true,
                                    .batch = true,
                                    .enabled = false,
                                    .description = "all services"},
                                   {.path = "/sap/bc/ping"}}};
    EXPECT_EQ(reading.mappings[0], wanted);
}

TEST(MappingConfig, HasSafeDefaults) {
    const auto reading = read(
        "[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n"
        "[[mapping.rule]]\npath = \"/a\"\n");
    ASSERT_EQ(reading.problems, "");
    const auto& mapping = reading.mappings[0];
    EXPECT_EQ(mapping.host_header, HostHeader::virtual_host);
    EXPECT_EQ(mapping.limits, (Limits{.connections = 100, .response_timeout = 60s}));
    EXPECT_EQ(mapping.rules[0].match, Match::exact);
    EXPECT_FALSE(mapping.rules[0].upgrade);
    EXPECT_FALSE(mapping.rules[0].batch);
    EXPECT_TRUE(mapping.rules[0].enabled);
}

TEST(MappingConfig, ReadsInternalHosts) {
    const std::pair<const char*, const char*> cases[] = {
        {"http://i", "http://i:80"},
        {"https://i", "https://i:443"},
        {"https://i/", "https://i:443"},
        {"https://i.corp:8443/", "https://i.corp:8443"},
        {"http://10.0.0.1:1", "http://10.0.0.1:1"},
        {"https://[fd00::1]", "https://[fd00::1]:443"},
        {"https://[fd00::1]:65535", "https://[fd00::1]:65535"},
        {"tcp://db.corp:5432", "tcp://db.corp:5432"},
        {"tcps://[fd00::1]:5432/", "tcps://[fd00::1]:5432"},
        {"ldap://i", "ldap://i:389"},
        {"ldaps://i", "ldaps://i:636"},
        {"smtp://i", "smtp://i:25"},
        {"smtp://i:587", "smtp://i:587"},
        {"imap://i", "imap://i:143"},
        {"pop3://i", "pop3://i:110"},
    };
    for (const auto& [text, wanted] : cases) {
        const auto reading =
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n");
        ASSERT_EQ(reading.problems, "") << text;
        EXPECT_EQ(reading.mappings[0].internal.text(), wanted);
    }
}

TEST(MappingConfig, RefusesWhatIsNoInternalHost) {
    for (const char* text :
         {"http://",       "http:///",      "http://i:",      "http://i:0",   "http://i:65536",
          "http://i:8x",   "http://i/path", "http://u@i",     "http://u:p@i", "http://i?x",
          "http://i#x",    "http://i:1:2",  "http://[",       "http://[]",    "http://[::1",
          "http://[::1]x", "http://[name]", "http://fd00::1", "http://a b",   "http://i:80/x",
          "http://i//"})
        EXPECT_EQ(
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                .problems,
            "t:3:12: mapping.internal must be http://host[:port], without path, query or user")
            << text;
    for (const char* text : {"", "i", "i:80", "//i", "ftp://i", "HTTP://i", "tcp:i"})
        EXPECT_THAT(
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                .problems,
            HasSubstr("t:3:12: mapping.internal must begin with http://, https://, tcp://"))
            << text;
    for (const char* text :
         {"tcp://i", "tcp://i:0", "tcp://i:2-1", "tcp://i:1-", "tcp://i:-1", "tcp://i:1-2-3",
          "tcp://i:1-1001", "tcp://i:65535-65536", "tcp://i:1/x"})
        EXPECT_EQ(
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                .problems,
            "t:3:12: mapping.internal must be tcp://host:port or ://host:first-last, without path, "
            "query or user")
            << text;
}

TEST(MappingConfig, ReadsPortsInARow) {
    const auto reading = read(
        "[[mapping]]\nvirtual = \"DB.virtual:6430-6439\"\n"
        "internal = \"tcp://db.corp:5430-5439\"\nlimits.idle_timeout = \"5m\"\n");
    ASSERT_EQ(reading.problems, "");
    EXPECT_THAT(reading.warnings, IsEmpty());
    const auto& mapping = reading.mappings[0];
    EXPECT_EQ(mapping.virtual_text(), "db.virtual:6430-6439");
    EXPECT_EQ(mapping.internal.text(), "tcp://db.corp:5430-5439");
    EXPECT_EQ(mapping.internal.text(5431), "tcp://db.corp:5431");
    EXPECT_EQ(mapping.limits.idle_timeout, 5min);
    EXPECT_TRUE(mapping.is_stream());
    EXPECT_FALSE(mapping.is_tls());
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"tcp://i:1-2\"\n").problems,
                HasSubstr("mapping.virtual has 3 ports, but internal has 2"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"http://i\"\n").problems,
                HasSubstr("mapping.virtual has 3 ports, but internal has 1"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"tcp://i:1-3\"\n"
                     "[[mapping]]\nvirtual = \"v:3\"\ninternal = \"http://i\"\n")
                    .problems,
                HasSubstr("mapping.virtual is mapped twice: v:3"));
}

TEST(MappingConfig, SaysOnceThatLimitsAreATable) {
    EXPECT_EQ(problems_with("limits = 5\n"), "t:4:10: mapping.limits must be a table");
}

TEST(MappingConfig, RefusesKeysOfTheOtherKind) {
    const auto problems = [](const std::string& internal, const std::string& more) {
        return read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + internal + "\"\n" + more)
            .problems;
    };
    EXPECT_THAT(problems("tcp://i:1", "[[mapping.rule]]\npath = \"/\"\n"),
                HasSubstr("mapping.rule belongs to http:// and https://"));
    EXPECT_THAT(
        problems("ldap://i", "principal = { kind = \"technical\", credentials_file = \"/c\" }"),
        HasSubstr("mapping.principal belongs to http:// and https://: nothing in a stream of "
                  "ldap:// can carry the user"));
    EXPECT_THAT(problems("smtp://i", "host_header = \"virtual\""),
                HasSubstr("mapping.host_header belongs to http:// and https://"));
    EXPECT_THAT(problems("tcp://i:1", "limits.response_timeout = \"1s\""),
                HasSubstr("response_timeout belongs to http:// and https://; for tcp:// say "
                          "idle_timeout"));
    EXPECT_THAT(problems("http://i", "limits.idle_timeout = \"1m\""),
                HasSubstr("idle_timeout belongs to streams; for http:// say response_timeout"));
    EXPECT_THAT(problems("tcp://i:1", "system_certificate = true"),
                HasSubstr("must be https://, tcps:// or ldaps://"));
    EXPECT_EQ(problems("tcps://i:1", "system_certificate = true"), "");
    EXPECT_THAT(problems("tcp://i:1", "pin = \"sha256:" + std::string(64, 'a') + "\""),
                HasSubstr("belongs to https://, tcps:// and ldaps://"));
}

TEST(MappingConfig, ReadsHowPrincipalsAreDelivered) {
    const auto policy = [](const std::string& principal) {
        const auto reading =
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"https://i\"\n" + principal);
        EXPECT_EQ(reading.problems, "");
        return reading.mappings.at(0).principal;
    };
    EXPECT_EQ(policy(""), PrincipalPolicy{});
    EXPECT_FALSE(policy("").looks_at_tokens());
    EXPECT_TRUE(policy("principal = { required = true }").looks_at_tokens());
    EXPECT_EQ(policy("principal = { kind = \"x509\" }"),
              PrincipalPolicy{.kind = PrincipalKind::x509});
    EXPECT_EQ(policy("principal = { kind = \"x509\", deliver = \"header:SSL_CLIENT_CERT\" }"),
              (PrincipalPolicy{.kind = PrincipalKind::x509,
                               .deliver = CertificateDelivery::ssl_client_cert}));
    EXPECT_EQ(policy("principal = { kind = \"x509\", deliver = \"header:Client-Cert\" }"),
              (PrincipalPolicy{.kind = PrincipalKind::x509,
                               .deliver = CertificateDelivery::client_cert}));
    EXPECT_EQ(
        policy("principal = { kind = \"technical\", credentials_file = \"/c\", required = true }"),
        (PrincipalPolicy{
            .kind = PrincipalKind::technical, .required = true, .credentials_file = "/c"}));
}

TEST(MappingConfig, RefusesPrincipalsAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"principal = { kind = \"saml\" }",
         "t:4:22: mapping.principal.kind must be one of none, x509, kerberos, "
         "technical"},
        {"principal = { kind = \"technical\" }",
         "t:4:22: mapping.principal.kind technical needs a credentials_file"},
        {"principal = { kind = \"technical\", credentials_file = \"c\" }",
         "t:4:54: mapping.principal.credentials_file must be an absolute path"},
        {"principal = { credentials_file = \"/c\" }",
         "t:4:34: mapping.principal.credentials_file belongs to kind = \"technical\""},
        {"principal = { deliver = \"tls\" }",
         "t:4:25: mapping.principal.deliver belongs to kind = \"x509\""},
        {"principal = { kind = \"x509\", deliver = \"header:X\" }",
         "t:4:40: mapping.principal.deliver must be one of tls, header:SSL_CLIENT_CERT, "
         "header:Client-Cert"},
        {"principal = { kind = \"x509\" }",
         "t:3:12: mapping.internal must be https:// for a principal of kind x509"},
        {"system_certificate = true",
         "t:3:12: mapping.internal must be https://, tcps:// or ldaps://, or system_certificate "
         "cannot be shown"},
    };
    for (const auto& [more, problem] : cases)
        EXPECT_THAT(problems_with(more), testing::StartsWith(problem)) << more;
}

TEST(MappingConfig, KerberosNeedsAnAccountAndANamedService) {
    const auto read = [](std::string_view internal, std::string_view principal) {
        ConfigProblems problems;
        auto document =
            read_config("[[mapping]]\nvirtual = \"a:1\"\ninternal = \"" + std::string(internal) +
                            "\"\nprincipal = { " + std::string(principal) +
                            " }\n[[mapping.rule]]\npath = \"/\"\n",
                        "t", problems);
        MappingDocuments documents{};
        documents.knows_kerberos = true;
        read_mappings(document, documents);
        return problems.empty() ? documents.mappings.front().principal.service : problems.text();
    };
    constexpr std::string_view kind = "kind = \"kerberos\"";
    const auto with = [&](std::string_view service) {
        return std::string(kind) + ", service = \"" + std::string(service) + '"';
    };
    EXPECT_EQ(read("https://Web.Corp", kind), "HTTP/web.corp");
    EXPECT_EQ(read("http://10.0.0.1", with("HTTP/web.corp@CORP")), "HTTP/web.corp@CORP");
    EXPECT_THAT(read("http://10.0.0.1", kind), testing::HasSubstr("say principal.service"));
    EXPECT_THAT(read("http://[::1]", kind), testing::HasSubstr("say principal.service"));
    for (const auto* wrong : {"web", "HTTP/", "/web", "HTTP/a/b", "HTTP/a@", "a@b/c", "HTTP/a b"})
        EXPECT_THAT(read("http://web", with(wrong)), testing::HasSubstr("service principal"));
    EXPECT_THAT(read("http://web", "service = \"HTTP/a\""), testing::HasSubstr("belongs to"));
    EXPECT_THAT(problems_with("principal = { kind = \"kerberos\" }"),
                testing::HasSubstr("needs [kerberos]"));
}

TEST(MappingConfig, SaysWhatIsNotSupportedYet) {
    const std::pair<const char*, const char*> cases[] = {
        {"maintenance = true", "t:4:15: mapping.maintenance"},
        {"via = \"ssh://j\"", "t:4:7: mapping.via"},
        {"expires = \"2030-01-01T00:00:00Z\"", "t:4:11: mapping.expires"},
        {"limits = { requests_per_second = 1 }", "t:4:34: mapping.limits.requests_per_second"},
        {"limits = { circuit_breaker = true }", "t:4:30: mapping.limits.circuit_breaker"},
        {"[[mapping.rule]]\nfunction = \"BAPI_X\"", "t:5:12: mapping.rule.function"},
    };
    for (const auto& [more, place] : cases)
        EXPECT_EQ(problems_with(more),
                  std::string(place) + " is not supported yet in this version");
    EXPECT_THAT(problems_with("[mapping.rfc]\nclients = [\"100\"]"),
                HasSubstr("mapping.rfc is not supported yet in this version"));
}

TEST(MappingConfig, SaysWhichProtocolsAreNotSupportedYet) {
    for (const char* scheme : {"rfc", "rfcs", "sftp"})
        EXPECT_EQ(read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(scheme) +
                       "://i:1\"\n")
                      .problems,
                  "t:3:12: mapping.internal with " + std::string(scheme) +
                      ":// is not supported yet in this version");
    EXPECT_EQ(
        read("[[mapping]]\nvirtual = \"v:1\"\ninternal = [\"http://a\", \"http://b\"]\n").problems,
        "t:3:12: mapping.internal as a list is not supported yet in this version");
}

TEST(MappingConfig, RefusesRulesThatDoNotSayWhatTheyMean) {
    const std::string path =
        "t:5:8: mapping.rule.path must start with / and have no %, ;, ?, //, . or .. segment";
    for (const char* text : {"", "a", "/a/../b", "/a/./b", "/a//b", "/a%20b", "/a;b", "/a?b",
                             "/a b", "/a/*/../b", "/ü"})
        EXPECT_EQ(problems_with_rule("path = \"" + std::string(text) + "\""), path) << text;
    EXPECT_EQ(problems_with_rule("path = \"/a\"\nmatch = \"prefix\""),
              "t:6:9: mapping.rule.match must be one of exact, subpaths");
    EXPECT_EQ(problems_with_rule("path = \"/a\"\nmethods = []"),
              "t:6:11: mapping.rule.methods must name a method; leave it out to allow all");
    for (const char* method : {"get", "Get", "", "G T", "GET,POST", "*"})
        EXPECT_EQ(problems_with_rule("path = \"/a\"\nmethods = [\"" + std::string(method) + "\"]"),
                  "t:6:11: mapping.rule.methods must be methods in capital letters, e.g. "
                  "[\"GET\", \"HEAD\"]")
            << method;
}

TEST(MappingConfig, NothingIsReadFromAMappingWithAMistake) {
    const auto reading = read(
        "[[mapping]]\nvirtual = \"v\"\ninternal = \"http://i\"\n"
        "[[mapping]]\nvirtual = \"w:1\"\ninternal = \"http://i\"\n"
        "[[mapping.rule]]\npath = \"/..\"\n");
    EXPECT_THAT(reading.mappings, IsEmpty());
    EXPECT_EQ(
        reading.problems,
        "t:2:11: mapping.virtual must be host:port, e.g. \"erp.virtual:44300\"\n"
        "t:8:8: mapping.rule.path must start with / and have no %, ;, ?, //, . or .. segment");
}

TEST(MappingConfig, AVirtualHostIsMappedOnceWhateverItsSpelling) {
    EXPECT_EQ(read("[[mapping]]\nvirtual = \"v:sapgw01\"\ninternal = \"http://i\"\n"
                   "[[mapping]]\nvirtual = \"V:3301\"\ninternal = \"http://j\"\n")
                  .problems,
              "t:5:11: mapping.virtual is mapped twice: v:3301");
}

TEST(MappingConfig, SaysWhatWasMeantByAnUnknownKey) {
    EXPECT_EQ(problems_with("host_heder = \"internal\""),
              "t:4:1: unknown key mapping.host_heder; did you mean host_header?");
    EXPECT_EQ(problems_with_rule("path = \"/a\"\nmethod = [\"GET\"]"),
              "t:6:1: unknown key mapping.rule.method; did you mean methods?");
    EXPECT_EQ(problems_with("limits = { connection = 1 }"),
              "t:4:12: unknown key mapping.limits.connection; did you mean connections?");
    EXPECT_EQ(problems_with("principal = { knd = \"none\" }"),
              "t:4:15: unknown key mapping.principal.knd; did you mean kind?");
}

TEST(MappingConfig, WarnsOfWhatIsAllowedButOdd) {
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n"
                     "[[mapping.rule]]\npath = \"/a\"\nenabled = false\n")
                    .warnings,
                ElementsAre("mapping v:1 has no enabled rule, so nothing of it can be reached"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n"
                     "[[mapping.rule]]\npath = \"/a\"\nmethods = [\"GET\", \"POST\"]\n")
                    .warnings,
                ElementsAre("mapping v:1: rule /a allows POST without HEAD, which clients use to "
                            "fetch a CSRF token"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n"
                     "[[mapping.rule]]\npath = \"/a/$batch\"\n")
                    .warnings,
                ElementsAre("mapping v:1: rule /a/$batch can match nothing without batch = true"));
}

}  // namespace
}  // namespace sallyport::mappings
