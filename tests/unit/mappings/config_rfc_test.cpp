#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A mapping of RFC that is right but for `more`.
Reading read_rfc_mapping(const std::string& more,
                         const std::string& internal = "rfc://s4gw.corp:3301",
                         const std::string& name = "abap.virtual:sapgw00") {
    return read("[[mapping]]\nvirtual = \"" + name + "\"\ninternal = \"" + internal + "\"\n" +
                more);
}

constexpr const char* a_rule = "[[mapping.rule]]\nfunction = \"RFC_READ_TABLE\"\n";

TEST(RfcConfig, ReadsEveryKey) {
    const auto reading = read_rfc_mapping(R"(
limits.connections = 7
limits.idle_timeout = "5m"
[mapping.rfc]
clients = ["100", "200"]
blocked_users = [{ client = "100", user = "SAP*" }, { user = "DDIC" }]
infrastructure = false
unknown_items = "refuse"
identity = "check"
after_refusal = "close"
instance = 7
[[mapping.rule]]
function = "BAPI_CUSTOMER_"
match = "prefix"
description = "customers"
[[mapping.rule]]
function = "/ACME/DO_IT"
enabled = false
)");
    EXPECT_EQ(reading.problems, "");
    EXPECT_THAT(reading.warnings, IsEmpty());
    ASSERT_EQ(reading.mappings.size(), 1u);
    const auto& mapping = reading.mappings[0];
    EXPECT_TRUE(mapping.is_stream());
    EXPECT_EQ(mapping.virtual_text(), "abap.virtual:3300");
    EXPECT_EQ(mapping.internal.text(), "rfc://s4gw.corp:3301");
    const RfcMapping wanted{
        .policy = {.rules = {{.function = "BAPI_CUSTOMER_", .match = rfc::Match::prefix},
                             {.function = "/ACME/DO_IT", .enabled = false}},
                   .clients = {"100", "200"},
                   .blocked_users = {{"100", "SAP*"}, {"", "DDIC"}},
                   .infrastructure = false,
                   .unknown_items = rfc::UnknownItems::refuse},
        .identity = rfc::Identity::Mode::check,
        .after_refusal = rfc::AfterRefusal::conversation_ends,
        .instance = 7};
    EXPECT_EQ(mapping.rfc, wanted);
    EXPECT_EQ(rule_text(*mapping.rfc, 0), "1:BAPI_CUSTOMER_*");
    EXPECT_EQ(rule_text(*mapping.rfc, 1), "2:/ACME/DO_IT");
}

TEST(RfcConfig, TakesTheInstanceFromThePort) {
    EXPECT_EQ(read_rfc_mapping(a_rule).mappings.at(0).rfc->instance, 1u);
    EXPECT_THAT(read_rfc_mapping(a_rule, "rfc://s4gw.corp:40000").problems,
                HasSubstr("has a port other than 33NN: say the instance number"));
    const auto said = read_rfc_mapping(std::string("[mapping.rfc]\ninstance = 42\n") + a_rule,
                                       "rfc://s4gw.corp:40000");
    EXPECT_EQ(said.problems, "");
    EXPECT_EQ(said.mappings.at(0).rfc->instance, 42u);
}

TEST(RfcConfig, NamesBothSystems) {
    const auto reading = read_rfc_mapping(a_rule);
    const auto& mapping = reading.mappings.at(0);
    const auto identity = identity_of(*mapping.rfc, mapping.virtual_host, mapping.internal.host);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->internal.host(), "s4gw.corp");
    EXPECT_EQ(identity->internal.program(), "sapdp01");
    EXPECT_EQ(identity->exposed.host(), "abap.virtual");
    EXPECT_EQ(identity->exposed.program(), "sapdp00");
    for (const auto& [name, text] : {std::pair("a.b:3307", "a.b:sapgw07"),
                                     {"a.b:sapgw99", "a.b:sapgw99"},
                                     {"a.b:sapgw12s", "a.b:sapgw12s"},
                                     {"a.b:3400", "a.b:3400"}})
        EXPECT_EQ(system_text(*VirtualHost::parse(name)), text);
}

TEST(RfcConfig, SaysWhyThereIsNoSncAndNoPrincipal) {
    EXPECT_THAT(read_rfc_mapping(a_rule, "rfcs://s4gw.corp:4800").problems,
                HasSubstr("SNC encrypts the names of functions"));
    EXPECT_THAT(read_rfc_mapping(a_rule, "rfc://s4gw.corp:4800").problems,
                HasSubstr("SNC encrypts the names of functions"));
    EXPECT_THAT(
        read_rfc_mapping(std::string("principal = { kind = \"kerberos\" }\n") + a_rule).problems,
        HasSubstr("mapping.principal does not go with rfc://: over plain RFC a user logs on with "
                  "his password"));
}

TEST(RfcConfig, RefusesWhatBelongsToOtherMappings) {
    EXPECT_THAT(read_rfc_mapping("[[mapping.rule]]\npath = \"/\"\n").problems,
                HasSubstr("mapping.rule.path belongs to mappings that answer HTTP requests"));
    EXPECT_THAT(problems_with_rule("function = \"BAPI_X\""),
                HasSubstr("mapping.rule.function belongs to mappings of rfc://"));
    EXPECT_THAT(problems_with("[mapping.rfc]\nclients = [\"100\"]"),
                HasSubstr("mapping.rfc belongs to mappings of rfc://"));
    for (const auto* key : {"host_header = \"virtual\"", "system_certificate = true",
                            "limits.response_timeout = \"1s\""})
        EXPECT_NE(read_rfc_mapping(std::string(key) + "\n" + a_rule).problems, "") << key;
    EXPECT_NE(read_rfc_mapping(std::string(a_rule) + "methods = [\"GET\"]\n").problems, "");
}

TEST(RfcConfig, RefusesWhatCanNeverBeMet) {
    for (const auto* function :
         {"", "bapi_x", "BAPI X", "*", "BAPI_*", "ABCDEFGHIJKLMNOPQRSTUVWXYZ12345"})
        EXPECT_THAT(
            read_rfc_mapping("[[mapping.rule]]\nfunction = \"" + std::string(function) + "\"\n")
                .problems,
            HasSubstr("t:5:12: mapping.rule.function must be the name of a function module"))
            << function;
    const auto with = [](const std::string& key) {
        return read_rfc_mapping("[mapping.rfc]\n" + key + "\n" + a_rule).problems;
    };
    EXPECT_THAT(with("clients = []"), HasSubstr("must name a client"));
    EXPECT_THAT(with("clients = [\"1\"]"), HasSubstr("is not an SAP client"));
    EXPECT_THAT(with("blocked_users = [{ client = \"100\" }]"),
                HasSubstr("a blocked user needs a name"));
    EXPECT_THAT(with("blocked_users = [{ name = \"X\", user = \"Y\" }]"), HasSubstr("unknown key"));
    EXPECT_THAT(with("instance = 100"), HasSubstr("instance"));
    EXPECT_THAT(with("identity = \"keep\""), HasSubstr("must be one of rewrite, check"));
    EXPECT_THAT(read_rfc_mapping(a_rule, "rfc://s4gw.corp:3300-3301", "v:3300-3301").problems,
                HasSubstr("of rfc:// has one port"));
    EXPECT_THAT(read_rfc_mapping(a_rule, "rfc://" + std::string(130, 'x') + ":3300").problems,
                HasSubstr("mapping.internal"));
}

TEST(RfcConfig, WarnsOfWhatIsOdd) {
    EXPECT_THAT(read_rfc_mapping("").warnings,
                ElementsAre(HasSubstr("no function can be called beside those that clients need")));
    EXPECT_THAT(read_rfc_mapping("[[mapping.rule]]\nfunction = \"ARFC_DEST_SHIP\"\n").warnings,
                ElementsAre(HasSubstr("executes whatever its caller names")));
}

}  // namespace
}  // namespace sallyport::mappings
