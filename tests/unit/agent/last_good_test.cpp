#include "agent/last_good.hpp"

#include "base/error.hpp"
#include "mappings/exposure.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string good_text = R"([[hub]]
url = "https://h"
[[mapping]]
virtual = "erp:1"
internal = "http://a:1"
description = "old"
[mapping.limits]
connections = 3
[[mapping.rule]]
path = "/a"
[[mapping.rule]]
path = "/b"
methods = ["GET"]
[[mapping]]
virtual = "db:1"
internal = "tcp://d:1"
)";

Narrowed with(const std::string& present, const std::string& was = good_text) {
    const ConfigDocuments before{{"/e/agent.toml", was}};
    auto config = Config::parse(before);
    EXPECT_TRUE(config) << config.error().detail;
    return narrowed(std::move(*config), before, {{"/e/agent.toml", present}});
}

std::string exchanged(std::string text, const std::string& what, const std::string& by) {
    EXPECT_NE(text.find(what), std::string::npos) << what;
    return text.replace(text.find(what), what.size(), by);
}

/// "erp:1 /a /b", "db:1"
std::vector<std::string> exposed(const Narrowed& rest) {
    std::vector<std::string> all;
    for (const auto& mapping : rest.config.mappings) {
        auto text = mapping.virtual_text();
        for (const auto& rule : mapping.rules) text += " " + rule.path;
        all.push_back(text);
    }
    return all;
}

TEST(LastGood, WhatTheBrokenFilesLeftAloneStays) {
    for (const auto& present :
         {"broken = \n" + good_text, good_text + "[[mapping]]\nvirtual = \"new:1\"\ninternal = [",
          exchanged(good_text, "\"old\"", "\"new\""),
          exchanged(good_text, "url = \"https://h\"", "url = \"https://h"),
          "# a comment\n=\n" + good_text}) {
        const auto rest = with(present);
        EXPECT_THAT(exposed(rest), ElementsAre("erp:1 /a /b", "db:1")) << present;
        EXPECT_THAT(rest.closed, IsEmpty());
    }
}

TEST(LastGood, WhatTheyRemovedOrChangedDoesNotComeBack) {
    struct Case {
        std::string present;
        std::vector<std::string> exposed;
        std::string closed;
    };
    const Case cases[] = {
        {"", {}, "erp:1: it is gone"},
        {exchanged(good_text, "virtual = \"erp:1\"", "virtual = \"erp2:1\""),
         {"db:1"},
         "erp:1: it is gone"},
        {exchanged(good_text, "virtual = \"erp:1\"", "# virtual = \"erp:1\""), {"db:1"}, "erp:1"},
        {exchanged(good_text, "http://a:1", "http://b:1"),
         {"db:1"},
         "erp:1: it is written otherwise"},
        {exchanged(good_text, "connections = 3", "connections = 4"), {"db:1"}, "written otherwise"},
        {exchanged(good_text, "internal = \"http://a:1\"",
                   "internal = \"http://a:1\"\nenabled = false"),
         {"db:1"},
         "written otherwise"},
        {exchanged(good_text, "\"old\"", "\"old\"\nenabled false"),
         {"db:1"},
         "erp:1: it is written otherwise"},
        {exchanged(good_text, "connections = 3", "connections = 3\nrequests_per_second: 1"),
         {"db:1"},
         "erp:1: it is written otherwise"},
        {exchanged(good_text, "path = \"/a\"", "path = \"/a\"\nenabled: false"),
         {"erp:1 /b", "db:1"},
         "erp:1: rule /a"},
        {exchanged(good_text, "methods = [\"GET\"]", "methods = [\"HEAD\"]\nmethods = [\"GET\"]"),
         {"erp:1 /a", "db:1"},
         "erp:1: rule /b"},
        {exchanged(good_text, "[[mapping.rule]]\npath = \"/b\"",
                   "# [[mapping.rule]]\npath = \"/b\""),
         {"erp:1", "db:1"},
         "erp:1: rule /a"},
        {good_text + "=", {"erp:1 /a /b"}, "db:1"},
        {exchanged(good_text, "path = \"/a\"", "path = \"/a\"\nenabled = false"),
         {"erp:1 /b", "db:1"},
         "erp:1: rule /a"},
        {exchanged(good_text, "[\"GET\"]", "[\"HEAD\"]"), {"erp:1 /a", "db:1"}, "erp:1: rule /b"},
        {exchanged(good_text, "[[mapping.rule]]\npath = \"/a\"\n", ""),
         {"erp:1 /b", "db:1"},
         "rule /a"},
        {good_text + "[[mapping]]\nvirtual = \"db:1\"\ninternal = \"tcp://e:1\"\n",
         {"erp:1 /a /b"},
         "db:1"},
        {exchanged(good_text, "tcp://d:1\"\n", "tcp://d:1\nenabled = false\n"),
         {"erp:1 /a /b"},
         "db:1"},
    };
    for (const auto& one : cases) {
        const auto rest = with(one.present);
        EXPECT_EQ(exposed(rest), one.exposed) << one.present;
        EXPECT_THAT(rest.closed, testing::Contains(HasSubstr(one.closed))) << one.present;
    }
}

TEST(LastGood, WhatARuleThatIsGoneAskedOfFilesStillHolds) {
    const auto files = good_text + R"([[mapping]]
virtual = "files:1"
internal = "sftp://u@f/x"
[[mapping.rule]]
path = "/in"
match = "subpaths"
[[mapping.rule]]
path = "/in/orders"
match = "subpaths"
content = "json"
)";
    const auto rest = with(exchanged(files, "content = \"json\"", "content = \"jso"), files);
    ASSERT_EQ(rest.config.mappings.size(), 3U);
    const auto& rules = rest.config.mappings[2].rules;
    ASSERT_EQ(rules.size(), 2U);
    EXPECT_EQ(rules[1].content, mappings::Content::json);
    EXPECT_TRUE(rules[1].expires);
}

TEST(LastGood, AConfigurationThatIsWrittenInlineIsNotUsed) {
    const std::string text =
        "mapping = [ { virtual = \"a:1\", internal = \"tcp://a:1\" } ]\n[[hub]]\nurl = "
        "\"https://h\"\n";
    const auto rest = with(text, text);
    EXPECT_THAT(exposed(rest), IsEmpty());
    EXPECT_THAT(rest.closed, ElementsAre(HasSubstr("a:1")));
}

TEST(LastGood, FindsTheStateOfABrokenFile) {
    EXPECT_EQ(state_dir_of("[agent]\nstate_dir = \"/x/y\"\nbroken ="), "/x/y");
    EXPECT_EQ(state_dir_of("  state_dir='/x'  # here"), "/x");
    for (const char* text : {"", "# state_dir = \"/x\"", "state_dir = \"/x", "state_dir = \"x\"",
                             "state_dir", "state_directory = \"/x\"", "state_dir = "})
        EXPECT_EQ(state_dir_of(text), "/var/lib/sallyport") << text;
}

}  // namespace
}  // namespace sallyport::agent
