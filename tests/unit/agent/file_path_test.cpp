#include "agent/file_path.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FilePath, DecodesOnceAndTakesNamesLiterally) {
    const auto path = FilePath::parse("/in/a%20b%2541%3B.json?x=/y");
    ASSERT_TRUE(path);
    EXPECT_THAT(path->names, ElementsAre("in", "a b%41;.json"));
    EXPECT_FALSE(path->folder);
    EXPECT_EQ(path->text(), "/in/a b%41;.json");
    EXPECT_EQ(path->below("/data"), "/data/in/a b%41;.json");
    EXPECT_EQ(path->below("/"), "/in/a b%41;.json");
}

TEST(FilePath, ATrailingSlashMeansAFolder) {
    const auto folder = FilePath::parse("/in/");
    ASSERT_TRUE(folder);
    EXPECT_THAT(folder->names, ElementsAre("in"));
    EXPECT_TRUE(folder->folder);
    const auto root = FilePath::parse("/");
    ASSERT_TRUE(root);
    EXPECT_THAT(root->names, IsEmpty());
    EXPECT_TRUE(root->folder);
    EXPECT_EQ(root->below("/data"), "/data");
    EXPECT_EQ(root->below("/"), "/");
}

TEST(FilePath, RefusesWhatCouldMeanTwoThings) {
    const std::string cases[] = {"",
                                 "in",
                                 "//in",
                                 "/in//a",
                                 "/in/..",
                                 "/in/../a",
                                 "/.",
                                 "/in/%2e%2e/a",
                                 "/in/%2E./a",
                                 "/in%2fa",
                                 "/in%2Fa",
                                 "/in%5ca",
                                 "/in\\a",
                                 "/a;v=1",
                                 "/a%00",
                                 "/a%0a",
                                 "/a%7f",
                                 "/a%",
                                 "/a%2",
                                 "/a%zz",
                                 "/a b",
                                 "/\xc3\xa4",
                                 "/a#b",
                                 "/" + std::string(256, 'n'),
                                 "/" + std::string(FilePath::path_bytes_max, 'n')};
    for (const auto& target : cases) EXPECT_FALSE(FilePath::parse(target)) << target;
    std::string deep;
    for (std::size_t i = 0; i <= FilePath::names_max; ++i) deep += "/d";
    EXPECT_FALSE(FilePath::parse(deep));
    EXPECT_TRUE(FilePath::parse("/%C3%A4")) << "encoded, any byte may stand in a name";
}

TEST(FilePath, KnowsWhatNobodySees) {
    EXPECT_TRUE(FilePath::parse("/in/.sallyport-upload-1")->is_hidden());
    EXPECT_TRUE(FilePath::parse("/.sallyport-upload-1/a")->is_hidden());
    EXPECT_FALSE(FilePath::parse("/in/.sallyport")->is_hidden());
}

TEST(FilePath, TakesPathsOfAServerApart) {
    EXPECT_THAT(names_of("/a/b"), ElementsAre("a", "b"));
    EXPECT_THAT(names_of("/a//b/"), ElementsAre("a", "b"));
    EXPECT_THAT(names_of("/"), IsEmpty());
}

}  // namespace
}  // namespace sallyport::agent
