#include "mappings/document_text.hpp"

#include "mappings/document_edit.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view sample = R"(# all of SAP
# (do not sort)

# the ERP
[[mapping]]
virtual = "erp:1"   # the name
internal = "http://a:1"
# limits = { connections = 3 }

    # orders
    [[mapping.rule]]
    path = "/orders"
    methods = [
        "GET",  # [[mapping]]
        "HEAD",
    ]

    [[mapping.rule]]
    path = "/b"

# ==== HR ====

[[mapping]]
virtual = 'hr:1'
internal = "http://b:1"
description = """
[[mapping]]
virtual = "no:1"
"""
[mapping.limits]
connections = 3
[[mapping.rule]]
path = "/")";

std::vector<std::string> names(std::string_view text) {
    std::vector<std::string> all;
    for (const auto& mapping : DocumentText::scan(text).mappings) {
        const auto* name = mapping.find("virtual");
        all.push_back(name ? simple_string(name->value.of(text)).value_or("?") : "");
        for (const auto& rule : mapping.rules) {
            const auto* path = rule.find("path");
            all.push_back(path ? simple_string(path->value.of(text)).value_or("?") : "");
        }
    }
    return all;
}

TEST(DocumentText, FindsMappingsAndTheirRulesAndNothingInStringsOrComments) {
    EXPECT_THAT(names(sample), ElementsAre("erp:1", "/orders", "/b", "hr:1", "/"));
    const auto document = DocumentText::scan(sample);
    EXPECT_FALSE(document.inline_mappings);
    EXPECT_EQ(document.mappings[0].range.of(sample).substr(0, 9), "# the ERP");
    EXPECT_EQ(document.mappings[0].find("virtual")->value.of(sample), "\"erp:1\"");
    EXPECT_EQ(document.mappings[1].range.of(sample).substr(0, 11), "[[mapping]]");
    EXPECT_EQ(document.mappings[1].range.end, sample.size());
    EXPECT_EQ(document.mappings[0].rules[0].range.of(sample).substr(0, 12), "    # orders");
}

struct TextCase {
    std::string_view text;
    std::vector<std::string> names;
};

TEST(DocumentText, ReadsEveryWayToWriteATable) {
    const TextCase text_cases[] = {
        {"", {}},
        {"[[mapping]]", {""}},
        {"[[ mapping ]] # x\r\nvirtual=\"a:1\"\r\n", {"a:1"}},
        {"[[\"mapping\"]]\n'virtual' = \"a:1\"\n[[mapping.\"rule\"]]\n\"path\"='/x'\n",
         {"a:1", "/x"}},
        {"\t[[mapping]]\n\tvirtual = \"a:1\"\n\t[[mapping . rule]]\n\tpath = \"/\"\n",
         {"a:1", "/"}},
        {"[agent]\nvirtual = \"no\"\n[[mapping]]\nvirtual = \"a:1\"\n[[hub]]\nvirtual = \"no\"\n",
         {"a:1"}},
        {"x = [ [1, 2],\n[3]]\n[[mapping]]\nvirtual = \"a:1\"\n", {"a:1"}},
        {"x = '''\n[[mapping]]\n'''\n[[mapping]]\nvirtual = \"a:1\"", {"a:1"}},
        {"x = \"\"\"a \\\"\"\" [[mapping]]\n[[mapping]]\n\"\"\"\"\n[[mapping]]\nvirtual = \"a:1\"",
         {"a:1"}},
        {"[[mapping]]\nvirtual = \"a:1\"\nlimits = { connections = 1 }\nvirtual2 = 1\n", {"a:1"}},
        {"[[mapping]]\nvirtual = \"a\\\"b:1\"\n", {"a\"b:1"}},
        {"[[mapping]]\nvirtual = \"a\\u0062:1\"\n", {"?"}},
        {"[[mapping]]\nvirtual = \"\"\"a:1\"\"\"\n", {"?"}},
    };
    for (const auto& one : text_cases) EXPECT_EQ(names(one.text), one.names) << one.text;
}

TEST(DocumentText, OfABrokenTextFindsWhatCanBeFound) {
    EXPECT_THAT(names("[[mapping]]\nvirtual = \"a:1\nx = [1,\n[[mapping]]\nvirtual = \"b:1\"\n"),
                ElementsAre("?", "b:1"));
    EXPECT_THAT(names("= 1\n]\n[[mapping\nvirtual = \"a:1\"\n"), ElementsAre("a:1"));
    EXPECT_THAT(names("[[mapping.rule]]\npath = \"/\"\n"), IsEmpty());
}

TEST(DocumentText, SaysWhatIsWrittenInline) {
    EXPECT_TRUE(DocumentText::scan("mapping = [ { virtual = \"a:1\" } ]\n").inline_mappings);
    EXPECT_TRUE(DocumentText::scan("[mapping]\nvirtual = \"a:1\"\n").inline_mappings);
    const auto document = DocumentText::scan("[[mapping]]\nrule = [ { path = \"/\" } ]\n");
    EXPECT_FALSE(document.inline_mappings);
    EXPECT_TRUE(document.mappings.at(0).inline_rules);
}

std::string after(std::string_view text, const Splice& splice) { return spliced(text, {splice}); }

TEST(DocumentEdit, SetsAKeyWhereItStandsOrBehindTheLastOne) {
    const auto document = DocumentText::scan(sample);
    const auto set = [&](std::string_view key, std::string_view value) {
        return after(sample, set_key(sample, document.mappings[0], key, value));
    };
    EXPECT_THAT(set("virtual", "\"x:1\""),
                testing::HasSubstr("virtual = \"x:1\"   # the name\ninternal"));
    EXPECT_THAT(set("enabled", "false"),
                testing::HasSubstr("internal = \"http://a:1\"\nenabled = false\n# limits"));
    EXPECT_THAT(
        after(sample, set_key(sample, document.mappings[0].rules[0], "enabled", "false")),
        testing::HasSubstr("        \"HEAD\",\n    ]\n    enabled = false\n\n    [[mapping"));
    EXPECT_THAT(after(sample, set_key(sample, document.mappings[1].rules[0], "enabled", "false")),
                testing::EndsWith("path = \"/\"\nenabled = false\n"));
    EXPECT_EQ(
        after("[[mapping]]", set_key("[[mapping]]", DocumentText::scan("[[mapping]]").mappings[0],
                                     "enabled", "false")),
        "[[mapping]]\nenabled = false\n");
}

TEST(DocumentEdit, RemovesATableWithItsCommentsAndLeavesThoseOfOthers) {
    const auto document = DocumentText::scan(sample);
    const auto without = after(sample, remove_table(sample, document.mappings[0]));
    EXPECT_THAT(without, testing::StartsWith(
                             "# all of SAP\n# (do not sort)\n\n# ==== HR ====\n\n[[mapping]]"));
    EXPECT_THAT(names(without), ElementsAre("hr:1", "/"));
    EXPECT_THAT(names(after(sample, remove_table(sample, document.mappings[0].rules[0]))),
                ElementsAre("erp:1", "/b", "hr:1", "/"));
    EXPECT_THAT(after(sample, remove_table(sample, document.mappings[1])),
                testing::EndsWith("# ==== HR ====\n\n"));
}

TEST(DocumentEdit, AddsAtTheEndOfAMappingAndOfADocument) {
    const auto document = DocumentText::scan(sample);
    const auto text = after(
        sample, add_rules(sample, document.mappings[0], "[[mapping.rule]]\npath = \"/new\"\n"));
    EXPECT_THAT(names(text), ElementsAre("erp:1", "/orders", "/b", "/new", "hr:1", "/"));
    EXPECT_THAT(text,
                testing::HasSubstr("path = \"/b\"\n\n[[mapping.rule]]\npath = \"/new\"\n\n# ==="));
    const auto more = after(sample, add_mappings(sample, "[[mapping]]\nvirtual = \"n:1\""));
    EXPECT_THAT(more, testing::EndsWith("path = \"/\"\n\n[[mapping]]\nvirtual = \"n:1\"\n"));
    EXPECT_EQ(after("", add_mappings("", "[[mapping]]\n")), "[[mapping]]\n");
}

TEST(DocumentEdit, KeepsTheLineEndsOfTheText) {
    constexpr std::string_view text = "[[mapping]]\r\nvirtual = \"a:1\"\r\n";
    const auto document = DocumentText::scan(text);
    EXPECT_EQ(after(text, set_key(text, document.mappings[0], "enabled", "true")),
              "[[mapping]]\r\nvirtual = \"a:1\"\r\nenabled = true\r\n");
    EXPECT_EQ(after(text, add_mappings(text, "[[mapping]]\nx = 1\n")),
              "[[mapping]]\r\nvirtual = \"a:1\"\r\n\r\n[[mapping]]\r\nx = 1\r\n");
}

TEST(DocumentEdit, WritesStringsThatReadTheSame) {
    EXPECT_EQ(toml_string("a \"b\" \\ c\n\x7f"), R"("a \"b\" \\ c\u000A\u007F")");
}

}  // namespace
}  // namespace sallyport::mappings
