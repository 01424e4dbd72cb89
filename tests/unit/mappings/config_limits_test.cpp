#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Reading with_internal(const std::string& internal, const std::string& more = "") {
    return read("[[mapping]]\nvirtual = \"v:1\"\ninternal = " + internal + "\n" + more);
}

Limits limits_of(const std::string& more) {
    const auto reading = with_internal("\"http://i\"", more);
    EXPECT_EQ(reading.problems, "");
    return reading.mappings.empty() ? Limits{} : reading.mappings.front().limits;
}

TEST(MappingLimits, AreWhatAHealthySystemNeverMeets) {
    const auto limits = limits_of("");
    EXPECT_EQ(limits, Limits{});
    EXPECT_TRUE(limits.circuit.enabled);
    EXPECT_EQ(limits.requests_per_second, 0U);
    EXPECT_EQ(limits.retries, 0U);
}

TEST(MappingLimits, AreRead) {
    const auto limits = limits_of(
        "limits = { connections = 3, queue = 0, queue_timeout = \"1s\", requests_per_second = 20, "
        "burst = 5, retries = 2 }");
    EXPECT_EQ(limits.connections, 3U);
    EXPECT_EQ(limits.queue, 0U);
    EXPECT_EQ(limits.queue_timeout, 1s);
    EXPECT_EQ(limits.requests_per_second, 20U);
    EXPECT_EQ(limits.burst, 5U);
    EXPECT_EQ(limits.retries, 2U);
}

TEST(MappingLimits, TheCircuitBreakerIsOnOffOrAsDescribed) {
    EXPECT_TRUE(limits_of("limits.circuit_breaker = true").circuit.enabled);
    EXPECT_FALSE(limits_of("limits.circuit_breaker = false").circuit.enabled);
    const CircuitRules rules{.failures = 3,
                             .ratio_percent = 80,
                             .requests = 10,
                             .window = 5s,
                             .open_time = 2s,
                             .open_time_max = 30s,
                             .gateway_errors = true};
    EXPECT_EQ(limits_of("[mapping.limits.circuit_breaker]\nfailures = 3\nratio_percent = 80\n"
                        "requests = 10\nwindow = \"5s\"\nopen_time = \"2s\"\n"
                        "open_time_max = \"30s\"\ngateway_errors = true\n")
                  .circuit,
              rules);
    EXPECT_THAT(problems_with("limits.circuit_breaker = { open_time = \"2m\", "
                              "open_time_max = \"1m\" }"),
                HasSubstr("must not be shorter than open_time"));
    EXPECT_THAT(problems_with("limits.circuit_breaker = { failure = 3 }"), HasSubstr("failures"));
    EXPECT_THAT(problems_with("limits.circuit_breaker = 3"), HasSubstr("circuit_breaker"));
}

TEST(MappingLimits, WhatSaysNothingIsAnError) {
    EXPECT_THAT(problems_with("limits.burst = 3"), HasSubstr("without requests_per_second"));
    EXPECT_THAT(with_internal("\"tcp://i:1\"", "limits.queue = 3").problems,
                HasSubstr("refused at once"));
    EXPECT_THAT(with_internal("\"tcp://i:1\"", "limits.retries = 1").problems,
                HasSubstr("not sent twice"));
    EXPECT_EQ(with_internal("\"tcp://i:1\"", "limits.requests_per_second = 1").problems, "");
}

TEST(MappingHosts, AreAListOfOneKind) {
    const auto reading =
        with_internal(R"(["https://a:44300", "https://b:44301", "https://[::1]"])");
    ASSERT_EQ(reading.problems, "");
    const auto& mapping = reading.mappings.at(0);
    ASSERT_EQ(mapping.host_count(), 3U);
    EXPECT_EQ(mapping.internal_text(), "https://a:44300, https://b:44301, https://[::1]:443");
    EXPECT_EQ(mapping.host(0), mapping.internal);
    EXPECT_EQ(mapping.host(1).host, "b");
    EXPECT_EQ(with_internal(R"(["tcp://a:10-12", "tcp://b:20-22"])").mappings.size(), 0U);
    EXPECT_EQ(with_internal(R"(["http://a"])").mappings.at(0).host_count(), 1U);
}

TEST(MappingHosts, ThatDoNotGoTogetherAreErrors) {
    const std::pair<const char*, const char*> cases[] = {
        {R"([])", "must name at least one host"},
        {R"(["http://a", "https://a"])", "hosts of one protocol"},
        {R"(["http://a", "nonsense"])", "\"nonsense\" must begin with"},
        {R"(["http://a", "http://a:80"])", "names http://a:80 twice"},
        {R"(["sftp://u@a/", "sftp://u@b/"])", "takes one host for sftp://"},
        {R"(["http://a","http://b","http://c","http://d","http://e","http://f","http://g",)"
         R"("http://h","http://i"])",
         "more than 8 hosts"},
    };
    for (const auto& [internal, problem] : cases)
        EXPECT_THAT(with_internal(internal).problems, HasSubstr(problem)) << internal;
    const auto ports =
        read("[[mapping]]\nvirtual = \"v:1-2\"\ninternal = [\"tcp://a:1-2\", \"tcp://b:1-3\"]\n");
    EXPECT_THAT(ports.problems, HasSubstr("as many ports of each host"));
    const auto rfc = read(
        "[[mapping]]\nvirtual = \"v:3300\"\ninternal = [\"rfc://a:3300\", \"rfc://b:3301\"]\n"
        "[[mapping.rule]]\nfunction = \"X\"\n");
    EXPECT_THAT(rfc.problems, HasSubstr("must name one port for rfc://"));
}

TEST(MappingHosts, MayHaveAKeyEach) {
    const std::string two = R"(["https://a.corp", "https://b.corp"])";
    const auto key = [](char digit) { return "\"sha256:" + std::string(64, digit) + "\""; };
    const auto own = with_internal(two, "pin = { \"a.corp\" = " + key('a') + ", \"B.corp\" = [" +
                                            key('b') + ", " + key('c') + "] }");
    ASSERT_EQ(own.problems, "");
    EXPECT_EQ(own.mappings.at(0).pins_of(0).size(), 1U);
    EXPECT_EQ(own.mappings.at(0).pins_of(1).size(), 2U);
    const auto common = with_internal(two, "pin = " + key('a'));
    EXPECT_EQ(common.mappings.at(0).pins_of(1), common.mappings.at(0).pins_of(0));
    EXPECT_THAT(with_internal(two, "pin = { \"a.corp\" = " + key('a') + " }").problems,
                HasSubstr("has no key for b.corp"));
    EXPECT_THAT(with_internal(two, "pin = { \"a.corp\" = " + key('a') + ", \"b.corp\" = " +
                                       key('b') + ", \"c.corp\" = " + key('c') + " }")
                    .problems,
                HasSubstr("is no host of internal"));
    EXPECT_THAT(
        with_internal(two, "pin = { \"a.corp\" = [], \"b.corp\" = " + key('b') + " }").problems,
        HasSubstr("must name a key"));
}

TEST(MappingHealth, IsOffUnlessItIsAskedFor) {
    EXPECT_FALSE(with_internal("\"http://i\"").mappings.at(0).health);
    const auto plain = with_internal("\"http://i\"", "health = {}").mappings.at(0).health;
    ASSERT_TRUE(plain);
    EXPECT_EQ(*plain, HealthRules{});
    const auto all = with_internal("\"http://i\"",
                                   "health = { path = \"/ping?a=b\", interval = \"2s\", "
                                   "timeout = \"1s\", failures = 3, successes = 1 }")
                         .mappings.at(0)
                         .health;
    ASSERT_TRUE(all);
    EXPECT_EQ(*all, (HealthRules{"/ping?a=b", 2s, 1s, 3, 1}));
}

TEST(MappingHealth, RefusesWhatCannotBeChecked) {
    EXPECT_THAT(problems_with("health = { path = \"ping\" }"), HasSubstr("must begin with /"));
    EXPECT_THAT(problems_with("health = { path = \"/a b\" }"), HasSubstr("must begin with /"));
    EXPECT_THAT(problems_with("health = { interval = \"1s\", timeout = \"2s\" }"),
                HasSubstr("must not be longer than interval"));
    EXPECT_EQ(problems_with("health = { interval = \"2s\" }"), "");
    EXPECT_THAT(with_internal("\"tcp://i:1\"", "health = { path = \"/\" }").problems,
                HasSubstr("belongs to http:// and https://"));
    EXPECT_EQ(with_internal("\"tcp://i:1\"", "health = {}").problems, "");
    EXPECT_THAT(with_internal("\"sftp://u@a/\"", "health = {}").problems,
                HasSubstr("is not for sftp://"));
}

TEST(MappingHosts, KerberosNeedsAServiceThatAllOfThemHave) {
    const std::string twice = R"(["http://a.corp", "http://b.corp"])";
    const auto reads = [&](const std::string& principal) {
        ConfigProblems problems;
        auto document = read_config("[[mapping]]\nvirtual = \"v:1\"\ninternal = " + twice +
                                        "\nprincipal = " + principal + "\n",
                                    "t", problems);
        MappingDocuments documents{
            .mappings = {}, .hubs = {}, .warnings = {}, .knows_kerberos = true};
        read_mappings(document, documents);
        return problems.text();
    };
    EXPECT_THAT(reads("{ kind = \"kerberos\" }"), HasSubstr("a ticket is for one name"));
    EXPECT_EQ(reads("{ kind = \"kerberos\", service = \"HTTP/web.corp\" }"), "");
}

}  // namespace
}  // namespace sallyport::mappings
