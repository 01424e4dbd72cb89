#include "base/config_reader.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A document and what is wrong with it.
struct Document {
    explicit Document(std::string_view text) : table(read_config(text, "f", problems)) {}
    ConfigProblems problems;
    ConfigTable table;
    std::string finish() {
        table.done();
        return problems.text();
    }
};

TEST(ConfigReader, ReadsEachType) {
    Document document(
        "t = \"x\"\nb = true\ni = 3\nd = \"10m\"\nl = [\"a\", \"b\"]\np = \"/p\"\n"
        "c = \"two\"\n[s]\nt = \"y\"\n[[a]]\ni = 1\n[[a]]\ni = 2\n");
    auto& table = document.table;
    EXPECT_EQ(table.text("t"), "x");
    EXPECT_TRUE(table.boolean("b", false));
    EXPECT_EQ(table.integer("i", 0, 0, 9), 3);
    EXPECT_EQ(table.duration("d", 0s, 0s, 1h), 10min);
    EXPECT_THAT(table.texts("l"), ElementsAre("a", "b"));
    EXPECT_EQ(table.path("p"), "/p");
    EXPECT_EQ(table.choice("c", {"one", "two"}), "two");
    EXPECT_EQ(table.table("s").text("t"), "y");
    auto list = table.tables("a");
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[1].integer("i", 0, 0, 9), 2);
    EXPECT_EQ(document.finish(), "");
}

TEST(ConfigReader, WhatIsMissingHasItsDefault) {
    Document document("");
    auto& table = document.table;
    EXPECT_EQ(table.text("t", "x"), "x");
    EXPECT_TRUE(table.boolean("b", true));
    EXPECT_EQ(table.integer("i", 5, 0, 9), 5);
    EXPECT_EQ(table.duration("d", 3s, 0s, 1h), 3s);
    EXPECT_THAT(table.texts("l"), IsEmpty());
    EXPECT_EQ(table.path("p", "/q"), "/q");
    EXPECT_EQ(table.choice("c", {"one", "two"}), "one");
    EXPECT_EQ(table.table("s").table("t").text("u", "z"), "z");
    EXPECT_THAT(table.tables("a"), IsEmpty());
    EXPECT_FALSE(table.has("t"));
    EXPECT_EQ(document.finish(), "");
}

TEST(ConfigReader, GathersEveryProblemAtItsPlace) {
    Document document(
        "t = 1\n  b = \"yes\"\ni = 10\nd = \"10x\"\nl = [\"a\",\n  2]\np = \"x\"\n"
        "c = \"three\"\ns = 1\na = 1\n");
    auto& table = document.table;
    EXPECT_EQ(table.text("t", "fallback"), "fallback");
    EXPECT_FALSE(table.boolean("b", false));
    EXPECT_EQ(table.integer("i", 5, 0, 9), 5);
    EXPECT_EQ(table.duration("d", 3s, 20ms, 1h), 3s);
    EXPECT_THAT(table.texts("l"), ElementsAre("a"));
    EXPECT_EQ(table.path("p", "/q"), "/q");
    EXPECT_EQ(table.choice("c", {"one", "two"}), "one");
    EXPECT_EQ(table.table("s").text("t", "u"), "u");
    EXPECT_THAT(table.tables("a"), IsEmpty());
    EXPECT_EQ(document.finish(),
              "f:1:5: t must be a text in quotes\n"
              "f:2:7: b must be true or false\n"
              "f:3:5: i must be a number from 0 to 9\n"
              "f:4:5: d must be a time like \"250ms\", \"60s\", \"10m\", \"12h\" or \"30d\", from "
              "20ms to 1h\n"
              "f:6:3: l must be a list of texts\n"
              "f:7:5: p must be an absolute path, e.g. \"/etc/sallyport/ca.pem\"\n"
              "f:8:5: c must be one of one, two\n"
              "f:9:5: s must be a table\n"
              "f:10:5: a must be written as [[a]]");
}

TEST(ConfigReader, AListIsNotATextAndATextIsNotAList) {
    Document document("t = [\"x\"]\nl = \"x\"\np = []\n");
    EXPECT_TRUE(document.table.is_list("t"));
    EXPECT_FALSE(document.table.is_list("l"));
    (void)document.table.text("t");
    (void)document.table.texts("l");
    (void)document.table.path("p");
    EXPECT_EQ(document.finish(),
              "f:1:5: t must be a text in quotes\nf:2:5: l must be a list of texts\n"
              "f:3:5: p must be a text in quotes");
}

TEST(ConfigReader, UnknownKeysAreErrorsWithWhatWasMeant) {
    Document document("worker = 1\nxyzxyz = 2\n[hub]\nulr = \"x\"\n");
    (void)document.table.integer("workers", 1, 1, 9);
    auto hub = document.table.table("hub");
    (void)hub.text("url");
    hub.done();
    EXPECT_EQ(document.finish(),
              "f:4:1: unknown key hub.ulr; did you mean url?\n"
              "f:1:1: unknown key worker; did you mean workers?\n"
              "f:2:1: unknown key xyzxyz");
}

TEST(ConfigReader, KeysOfLaterVersionsAreNeverSilentlyIgnored) {
    Document document("[x]\nvia = \"a\"\n");
    auto table = document.table.table("x");
    table.later({"via", "other"});
    table.done();
    EXPECT_EQ(document.finish(), "f:2:7: x.via is not supported yet in this version");
}

TEST(ConfigReader, AProblemOfATableStandsWhereTheTableBegins) {
    Document document("\n[[x]]\na = 1\n");
    document.table.tables("x")[0].problem("b", "is missing");
    document.table.table("y").problem("c", "is missing");
    EXPECT_EQ(document.problems.text(), "f:2:1: x.b is missing\nf: y.c is missing");
}

TEST(ConfigReader, ADocumentThatIsNoTomlIsOneProblem) {
    for (const char* text :
         {"a = ", "a = 1\na = 2", "[a\n", "a = \"\xff\"", "= 1", "a = 1 b = 2"}) {
        Document document(text);
        EXPECT_EQ(document.problems.count(), 1u) << text;
        EXPECT_THAT(document.problems.text(), HasSubstr("f:")) << text;
        EXPECT_FALSE(document.table.has("a")) << text;
        document.table.done();
    }
}

TEST(ConfigReader, NestingIsBoundedSoThatNoDocumentExhaustsTheStack) {
    std::string key = "a";
    for (int i = 0; i < 128; ++i) key += ".a";
    EXPECT_EQ(Document("b = 1\n" + key + " = 1\n").problems.text(), "");
    EXPECT_EQ(Document("b = 1\n" + key + ".a = 1\n").problems.text(),
              "f:2:1: the line has more than 128 dots; break it into several");
    // The deepest there can be: the parser bounds the nesting of values, we that of keys.
    std::string deepest = "[" + key + "]\n";
    for (int i = 0; i < 120; ++i) deepest += key + " = [{\n";
    Document document(deepest);
    EXPECT_FALSE(document.problems.empty());
    EXPECT_EQ(Document("a = " + std::string(100'000, '[')).problems.count(), 1u);
}

TEST(ConfigReader, ReadsTimes) {
    EXPECT_EQ(*parse_duration("250ms"), 250ms);
    EXPECT_EQ(*parse_duration("60s"), 60s);
    EXPECT_EQ(*parse_duration("10m"), 10min);
    EXPECT_EQ(*parse_duration("12h"), 12h);
    EXPECT_EQ(*parse_duration("30d"), 720h);
    EXPECT_EQ(*parse_duration("0s"), 0s);
    for (const char* text : {"", "s", "60", "-1s", "1.5s", "1 s", " 1s", "1S", "1s ", "1m30s",
                             "99999999999999999999s", "1000000001d", "1w"})
        EXPECT_EQ(parse_duration(text).error().code, Errc::malformed) << text;
}

TEST(ConfigReader, WritesTimesInTheLargestWholeUnit) {
    const std::pair<std::chrono::milliseconds, const char*> cases[] = {
        {0ms, "0ms"},   {250ms, "250ms"}, {1500ms, "1500ms"}, {90s, "90s"},
        {10min, "10m"}, {24h, "1d"},      {25h, "25h"}};
    for (const auto& [time, text] : cases) {
        EXPECT_EQ(format_duration(time), text);
        EXPECT_EQ(*parse_duration(text), time);
    }
}

TEST(ConfigReader, FindsTheNearestWord) {
    EXPECT_EQ(nearest("conections", {"location", "connections"}), "connections");
    EXPECT_EQ(nearest("zzzzzz", {"location", "connections"}), std::nullopt);
    EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace sallyport
