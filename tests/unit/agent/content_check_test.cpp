#include "agent/content_check.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace sallyport::agent {
namespace {

using mappings::Content;
using testing::HasSubstr;

/// Empty: it is what is wanted. Fed in pieces of that size.
std::string verdict(Content content, std::string_view text, std::size_t piece) {
    const auto check = content == Content::json ? make_json_check() : make_xml_check();
    while (!text.empty()) {
        const auto some = text.substr(0, piece);
        text.remove_prefix(some.size());
        if (const auto good = check->feed(as_bytes(some)); !good) return good.error().detail;
    }
    const auto good = check->finish();
    return good ? "" : good.error().detail;
}

void expect_good(Content content, std::string_view text) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U})
        EXPECT_EQ(verdict(content, text, piece), "") << text.substr(0, 100);
}
void expect_bad(Content content, std::string_view text) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U})
        EXPECT_NE(verdict(content, text, piece), "") << text.substr(0, 100);
}

TEST(ContentCheck, NothingIsWantedOfAnything) {
    EXPECT_TRUE(ContentCheck::make({}).empty());
    EXPECT_EQ(ContentCheck::make({.json = true, .xml = true}).size(), 2u);
}

TEST(JsonCheck, TakesWellFormedTextsOnly) {
    for (const auto* text : {"{}", "[1,2.5e3,-0,true,false,null,\"\\u00e4\xc3\xa4\"]",
                             " {\"a\":{\"b\":[]}} \n", "1", "\"x\"", "{\"a\":1,\"a\":2}"})
        expect_good(Content::json, text);
    for (const auto* text : {"", " ", "{", "{\"a\":}", "[1,]", "{} {}", "nul", "{a:1}", "[1] x",
                             "// c\n{}", "\"\xff\"", "NaN", "[01]", "\xef\xbb\xbf{}"})
        expect_bad(Content::json, text);
}

TEST(JsonCheck, LimitsTheDepthAndNotTheSize) {
    expect_good(Content::json, std::string(64, '[') + std::string(64, ']'));
    expect_bad(Content::json, std::string(65, '[') + std::string(65, ']'));
    EXPECT_EQ(verdict(Content::json, '"' + std::string(3'000'000, 'x') + '"', 1 << 16), "");
}

TEST(XmlCheck, TakesWellFormedDocumentsOnly) {
    for (const auto* text :
         {"<a/>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x=\"1\"><b>&lt;&#65;</b></a>\n",
          "<a><![CDATA[<b>]]></a>", "<!-- c --><a/>", "<s:E xmlns:s=\"urn:s\"/>"})
        expect_good(Content::xml, text);
    for (const auto* text : {"", "a", "<a>", "<a></b>", "<a/><b/>", "<a x=1/>", "<a>&b;</a>",
                             "<a x=\"1\" x=\"2\"/>", "{}", "<a>\xff</a>"})
        expect_bad(Content::xml, text);
}

TEST(XmlCheck, TakesNoDocumentType) {
    expect_bad(Content::xml, "<!DOCTYPE a><a/>");
    expect_bad(Content::xml, "<!DOCTYPE a SYSTEM \"http://x/\"><a/>");
    expect_bad(Content::xml, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>");
    EXPECT_NE(verdict(Content::xml, "<!DOCTYPE a><a/>", 99).find("document type"),
              std::string::npos);
}

TEST(XmlCheck, LimitsDepthAndWhatMustBeKept) {
    const auto nested = [](int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i) text += "<a>";
        for (int i = 0; i < depth; ++i) text += "</a>";
        return text;
    };
    expect_good(Content::xml, nested(256));
    expect_bad(Content::xml, nested(257));
    const std::string much(3'000'000, 'x');
    EXPECT_EQ(verdict(Content::xml, "<a>" + much + "</a>", 1 << 16), "") << "text passes by";
    EXPECT_NE(verdict(Content::xml, "<a b=\"" + much + "\"/>", 1 << 16), "");
    EXPECT_NE(verdict(Content::xml, "<a><!--" + much + "--></a>", 1 << 20), "");
}

/// Counted bytes until it is known that they are wrong.
std::size_t bytes_until_refused(std::string_view text, std::size_t piece) {
    const auto check = make_xml_check();
    for (std::size_t at = 0; at < text.size(); at += piece)
        if (!check->feed(as_bytes(text.substr(at, piece)))) return at + piece;
    return check->finish() ? 0 : text.size();
}

TEST(XmlCheck, ParsesLargePiecesHoweverSmallThoseThatArrive) {
    const std::string text = "<a></b>" + std::string(100'000, ' ');
    EXPECT_EQ(bytes_until_refused(text, 1), 32U * 1024);
    EXPECT_EQ(bytes_until_refused(text.substr(0, 1000), 1), 1000U);
    EXPECT_EQ(bytes_until_refused("<a " + std::string(100'000, ' '), 1), 32U * 1024);
}

TEST(XmlCheck, ATagACommentAndAnInstructionHaveTheSameLimit) {
    const auto limit = [](std::string_view begin, std::string_view end) {
        const std::size_t all = 16 * 1024;
        std::string whole(begin);
        whole += std::string(all - begin.size() - end.size(), 'x');
        whole += end;
        EXPECT_EQ(verdict(Content::xml, "<d>" + whole + "</d>", 100), "") << begin;
        whole.insert(begin.size(), 1, 'x');
        EXPECT_THAT(verdict(Content::xml, "<d>" + whole + "</d>", 100), HasSubstr("16 KiB"));
    };
    limit("<", "/>");
    limit("<a b='", "'/>");
    limit("<!--", "-->");
    limit("<?a ", "?>");
}

TEST(XmlCheck, KeepsOnlySoManyNames) {
    const auto elements = [](int count) {
        std::string text = "<d>";
        for (int i = 0; i < count; ++i) text += "<a" + std::to_string(i) + "/>";
        return text + "</d>";
    };
    EXPECT_EQ(verdict(Content::xml, elements(20'000), 1 << 16), "");
    EXPECT_THAT(verdict(Content::xml, elements(300'000), 1 << 16), HasSubstr("names"));
}

TEST(XmlCheck, KeepsOnlySoMuchOfOpenElements) {
    const auto nested = [](int depth, std::size_t name_bytes) {
        std::string text;
        for (int i = 0; i < depth; ++i)
            text += "<" + std::string(name_bytes, 'n') + std::to_string(i) + ">";
        for (int i = depth - 1; i >= 0; --i)
            text += "</" + std::string(name_bytes, 'n') + std::to_string(i) + ">";
        return text;
    };
    EXPECT_EQ(verdict(Content::xml, nested(250, 1000), 1 << 16), "");
    EXPECT_THAT(verdict(Content::xml, nested(250, 16'000), 1 << 16), HasSubstr("names"));
    EXPECT_THAT(verdict(Content::xml, nested(200, 250'000), 1 << 16), HasSubstr("16 KiB"));
}

TEST(XmlCheck, SeveralWorkAtOnce) {
    const auto one = make_xml_check();
    auto other = make_xml_check();
    const std::string text = "<a>" + std::string(40'000, 'x');
    EXPECT_TRUE(one->feed(as_bytes(text)));
    EXPECT_TRUE(other->feed(as_bytes(text)));
    other.reset();
    EXPECT_TRUE(one->feed(as_bytes(std::string_view("</a>"))));
    EXPECT_TRUE(one->finish());
}

}  // namespace
}  // namespace sallyport::agent
