#include "agent/config_edit.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

const ConfigDocuments three_files{{"/e/agent.toml", "# main\n[[hub]]\nurl = \"https://h\"\n"},
                                  {"/e/mappings.d/a.toml", R"(# of SAP
[[mapping]]
virtual = "erp:1"  # do not rename
internal = "http://a:1"
[[mapping.rule]]
path = "/orders"
scenario = "orders"
[[mapping.rule]]
path = "/b"

# the second
[[mapping]]
virtual = "abap.virtual:sapgw00"
internal = "rfc://gw:3300"
[[mapping.rule]]
function = "Z_ORDER"
scenario = "orders"
)"},
                                  {"/e/mappings.d/c.toml", R"([[mapping]]
virtual = "db:1-2"
internal = "tcp://d:1-2"
)"}};

ConfigEdit opened(const ConfigDocuments& documents = three_files) {
    auto edit = ConfigEdit::open(documents);
    EXPECT_TRUE(edit) << edit.error().detail;
    return std::move(*edit);
}

const std::string& text(const ConfigEdit& edit, std::size_t i = 1) {
    return edit.documents()[i].second;
}

TEST(ConfigEdit, EnablesAndDisablesOneMappingAndLeavesTheRest) {
    auto edit = opened();
    ASSERT_TRUE(edit.set_enabled({.name = "ERP:1"}, false));
    EXPECT_THAT(text(edit),
                HasSubstr("internal = \"http://a:1\"\nenabled = false\n[[mapping.rule]]"));
    EXPECT_FALSE(edit.config().mappings[0].enabled);
    EXPECT_EQ(text(edit, 0), three_files[0].second);
    EXPECT_EQ(text(edit, 2), three_files[2].second);
    ASSERT_TRUE(edit.set_enabled({.name = "erp:1"}, true));
    EXPECT_THAT(text(edit), HasSubstr("enabled = true\n"));
    auto same = opened();
    ASSERT_TRUE(same.set_enabled({.name = "erp:1"}, true));
    EXPECT_EQ(same.documents(), three_files);
}

TEST(ConfigEdit, AScenarioIsSwitchedAsAUnitWhereverItsRulesAre) {
    auto edit = opened();
    ASSERT_TRUE(edit.set_enabled({.scenario = "orders"}, false));
    EXPECT_FALSE(edit.config().mappings[0].rules[0].enabled);
    EXPECT_TRUE(edit.config().mappings[0].rules[1].enabled);
    EXPECT_FALSE(edit.config().mappings[1].rfc->policy.rules[0].enabled);
    ASSERT_TRUE(edit.remove({.scenario = "orders"}));
    EXPECT_EQ(edit.config().mappings[0].rules.size(), 1U);
    EXPECT_TRUE(edit.config().mappings[1].rfc->policy.rules.empty());
    EXPECT_THAT(text(edit), Not(HasSubstr("orders")));
    EXPECT_THAT(text(edit), HasSubstr("# the second"));
}

TEST(ConfigEdit, FindsRulesByNumberAndByPath) {
    auto edit = opened();
    ASSERT_TRUE(edit.set_enabled({.name = "erp:1", .rule = 2}, false));
    EXPECT_FALSE(edit.config().mappings[0].rules[1].enabled);
    ASSERT_TRUE(edit.remove({.name = "erp:1", .path = "/orders"}));
    EXPECT_EQ(edit.config().mappings[0].rules.size(), 1U);
    ASSERT_TRUE(edit.remove({.name = "abap.virtual:3300", .path = "Z_ORDER"}));
    for (const auto& target :
         {EditTarget{.name = "nothing:1"}, EditTarget{.name = "erp:1", .rule = 9},
          EditTarget{.name = "erp:1", .path = "/orders"}, EditTarget{.scenario = "none"}}) {
        const auto done = edit.remove(target);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, Errc::not_found);
    }
}

TEST(ConfigEdit, RemovesAMappingWithWhatBelongsToIt) {
    auto edit = opened();
    ASSERT_TRUE(edit.remove({.name = "erp:1"}));
    EXPECT_EQ(text(edit).find("erp"), std::string::npos);
    EXPECT_THAT(text(edit), testing::StartsWith("# the second\n[[mapping]]"));
    ASSERT_TRUE(edit.remove({.name = "db:1-2"}));
    EXPECT_EQ(text(edit, 2), "");
}

TEST(ConfigEdit, AddsRulesAndMappings) {
    auto edit = opened();
    ASSERT_TRUE(edit.add_rules("erp:1", "[[mapping.rule]]\npath = \"/new\"\n"));
    EXPECT_EQ(edit.config().mappings[0].rules.back().path, "/new");
    const std::string table = "[[mapping]]\nvirtual = \"n:1\"\ninternal = \"http://n:1\"\n";
    ASSERT_TRUE(edit.add_mappings("/e/mappings.d/b.toml", table));
    EXPECT_EQ(edit.documents()[2],
              (std::pair<std::string, std::string>("/e/mappings.d/b.toml", table)));
    EXPECT_EQ(edit.config().mappings[2].virtual_text(), "n:1");
    EXPECT_EQ(edit.config().mappings[3].virtual_text(), "db:1-2");
}

TEST(ConfigEdit, RefusesWhatWouldNotBeValidOrMeanSomethingElse) {
    auto edit = opened();
    const auto refused = [&](const Result<void>& done) {
        EXPECT_FALSE(done);
        EXPECT_EQ(edit.documents(), three_files);
        return done ? std::string() : done.error().detail;
    };
    EXPECT_THAT(refused(edit.add_rules("erp:1", "[[mapping.rule]]\npath = \"/a/../b\"\n")),
                HasSubstr("would not be valid"));
    EXPECT_THAT(
        refused(edit.add_mappings("/e/mappings.d/c.toml",
                                  "[[mapping]]\nvirtual = \"erp:1\"\ninternal = \"http://x\"\n")),
        HasSubstr("mapped twice"));
    EXPECT_THAT(refused(edit.add_rules("erp:1",
                                       "[[mapping]]\nvirtual = \"x:1\"\ninternal = "
                                       "\"http://x\"\n")),
                HasSubstr("something else"));
    EXPECT_THAT(refused(edit.add_mappings("/e/agent.toml", "[trust]\nca_file = \"/x\"\n")),
                HasSubstr("something else"));
}

TEST(ConfigEdit, LeavesWhatIsWrittenInlineToAnEditor) {
    const auto inline_mapping = ConfigEdit::open(
        {{"/e/agent.toml",
          "mapping = [ { virtual = \"a:1\", internal = \"http://a\" } ]\n[[hub]]\nurl "
          "= \"https://h\"\n"}});
    ASSERT_FALSE(inline_mapping);
    EXPECT_EQ(inline_mapping.error().code, Errc::unsupported);
    auto edit = opened({{"/e/agent.toml",
                         "[[hub]]\nurl = \"https://h\"\n[[mapping]]\nvirtual = \"a:1\"\ninternal = "
                         "\"http://a\"\nrule = [ { path = \"/\" } ]\n"}});
    EXPECT_FALSE(edit.set_enabled({.name = "a:1", .rule = 1}, false));
    EXPECT_TRUE(edit.set_enabled({.name = "a:1"}, false));
}

TEST(ConfigEdit, WhatIsExportedCanBeImportedElsewhere) {
    const auto edit = opened();
    const auto orders = edit.exported({}, "orders");
    ASSERT_TRUE(orders);
    EXPECT_THAT(*orders, HasSubstr("/orders"));
    EXPECT_THAT(*orders, HasSubstr("Z_ORDER"));
    EXPECT_THAT(*orders, Not(HasSubstr("path = \"/b\"")));
    EXPECT_THAT(*orders, Not(HasSubstr("db:1")));
    auto other = opened({{"/e/agent.toml", "[[hub]]\nurl = \"https://h\"\n"},
                         {"/e/mappings.d/x.toml",
                          "[[mapping]]\nvirtual = \"erp:1\"\ninternal = \"http://other:1\"\n"}});
    ASSERT_TRUE(other.import(*orders, {}, "/e/mappings.d/y.toml", {}));
    ASSERT_EQ(other.config().mappings.size(), 2U);
    EXPECT_EQ(other.config().mappings[0].internal.host, "other");
    EXPECT_EQ(other.config().mappings[0].rules.at(0).scenario, "orders");
    EXPECT_EQ(other.config().mappings[1].virtual_text(), "abap.virtual:3300");
    const auto once = other.documents();
    ASSERT_TRUE(other.import(*orders, {}, "/e/mappings.d/y.toml", {}));
    EXPECT_EQ(other.documents(), once) << "rules that are there are not added again";
}

TEST(ConfigEdit, AnImportMayGoToAnotherMappingUnderAnotherName) {
    auto edit = opened();
    ASSERT_TRUE(
        edit.import("[[mapping]]\nvirtual = \"else:1\"\ninternal = \"http://e\"\n"
                    "[[mapping.rule]]\npath = \"/x\"\nscenario = \"old\"\n"
                    "[[mapping.rule]]\npath = \"/b\"\n",
                    "erp:1", "/e/mappings.d/y.toml", "new"));
    const auto& rules = edit.config().mappings[0].rules;
    ASSERT_EQ(rules.size(), 3U);
    EXPECT_EQ(rules[2].path, "/x");
    EXPECT_EQ(rules[2].scenario, "new");
    EXPECT_FALSE(edit.import("[[hub]]\n", {}, "/e/mappings.d/y.toml", {}));
    EXPECT_FALSE(edit.import("[[mapping]]\nvirtual = \"a:1\"\n", "nothing:1", "/e/y.toml", {}));
    EXPECT_FALSE(edit.exported({"nothing:1"}, {}));
    EXPECT_FALSE(edit.exported({}, "none"));
}

}  // namespace
}  // namespace sallyport::agent
