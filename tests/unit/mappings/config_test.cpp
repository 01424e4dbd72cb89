#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
expires = "2026-12-31T19:00:00+01:00"
enabled = false
maintenance = true
limits.connections = 7
limits.requests_per_second = 50
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
expires = "2026-12-31T18:00:00Z"
scenario = "orders"
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
                         .limits = {.connections = 7,
                                    .requests_per_second = 50,
                                    .response_timeout = 5s,
                                    .stall_timeout = 1h,
                                    .circuit = {.enabled = false}},
                         .description = "S/4HANA",
                         .rules = {{.path = "/sap/opu/odata/",
                                    .match = Match::subpaths,
                                    .methods = {"GET", "HEAD", "POST"},
                                    .upgrade = true,
                                    .batch = true,
                                    .enabled = false,
                                    .description = "all services",
                                    .expires = parse_moment("2026-12-31T18:00:00Z").value(),
                                    .scenario = "orders"},
                                   {.path = "/sap/bc/ping"}},
                         .enabled = false,
                         .maintenance = true,
                         .expires = parse_moment("2026-12-31T18:00:00Z").value()};
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

TEST(MappingConfig, ReadsOperationsOfADirectory) {
    const auto with = [](const std::string& internal, const std::string& operations) {
        return read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + internal +
                    "\"\noperations = " + operations + "\n");
    };
    const auto good = with("ldap://i", R"(["bind", "search"])");
    EXPECT_EQ(good.problems, "");
    EXPECT_THAT(good.mappings.at(0).operations, ElementsAre("bind", "search"));
    EXPECT_EQ(with("ldaps://i", R"(["extended:1.2.3"])").problems, "");
    EXPECT_THAT(with("ldaps://i", "[]").problems, HasSubstr("operations must name an operation"));
    EXPECT_THAT(with("ldaps://i", R"(["read"])").problems,
                HasSubstr("mapping.operations has \"read\", which is none of bind"));
    EXPECT_THAT(with("tcp://i:1", R"(["bind"])").problems,
                HasSubstr("mapping.operations belongs to ldap:// and ldaps://"));
    EXPECT_THAT(with("ldap://i", R"(["extended"])").warnings,
                ElementsAre(HasSubstr("name those that are needed")));
}

TEST(MappingConfig, SaysWhatIsNotSupportedYet) {
    const std::pair<const char*, const char*> cases[] = {
        {"via = \"saprouter://r:3299\"", "t:4:7: mapping.via with saprouter://"},
    };
    for (const auto& [more, place] : cases)
        EXPECT_EQ(problems_with(more),
                  std::string(place) + " is not supported yet in this version");
}

TEST(MappingConfig, AnEndAndAScenarioMustBeWrittenAsSuch) {
    EXPECT_THAT(problems_with("expires = \"tomorrow\""),
                HasSubstr("t:4:11: mapping.expires must be a time like"));
    EXPECT_THAT(problems_with("expires = 2026-12-31T18:00:00Z"), HasSubstr("text in quotes"));
    EXPECT_THAT(problems_with_rule("path = \"/\"\nexpires = \"2026-12-31\""),
                HasSubstr("mapping.rule.expires"));
    EXPECT_THAT(problems_with_rule("path = \"/\"\nscenario = \"a b\""),
                HasSubstr("mapping.rule.scenario must be 1 to 64 characters"));
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
