#include "mappings/file_checks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::mappings {
namespace {

TEST(FileChecks, AreThoseOfEveryRuleThatCoversThePlace) {
    const std::vector<Rule> rules{
        {.path = "/in/a.json", .content = Content::json},
        {.path = "/in", .match = Match::subpaths, .methods = {"PUT"}, .size_bytes_max = 100},
        {.path = "/in/small", .match = Match::subpaths, .size_bytes_max = 10},
        {.path = "/off", .match = Match::subpaths, .enabled = false, .content = Content::xml},
        {.path = "/", .match = Match::subpaths},
    };
    const std::pair<const char*, FileChecks> cases[] = {
        {"/x", {}},
        {"/off/x", {}},
        {"/in", {.size_bytes_max = 100}},
        {"/in/x", {.size_bytes_max = 100}},
        {"/IN/x", {.size_bytes_max = 100}},
        {"/inn/x", {}},
        {"/in/small/x", {.size_bytes_max = 10}},
        {"/in/a.json", {.json = true, .size_bytes_max = 100}},
        {"/in/A.JSON", {.json = true, .size_bytes_max = 100}},
        {"/in/a.json/b", {.size_bytes_max = 100}},
    };
    for (const auto& [place, wanted] : cases) EXPECT_EQ(file_checks(rules, place), wanted) << place;
}

TEST(FileChecks, IncludeThoseThatAskForNoMore) {
    const FileChecks none;
    const FileChecks json{.json = true};
    const FileChecks small{.json = true, .size_bytes_max = 10};
    const FileChecks large{.size_bytes_max = 100};
    const FileChecks both{.json = true, .xml = true};
    EXPECT_TRUE(none.include(none));
    EXPECT_TRUE(json.include(none));
    EXPECT_TRUE(small.include(large));
    EXPECT_TRUE(small.include(json));
    EXPECT_TRUE(both.include(json));
    EXPECT_FALSE(none.include(json));
    EXPECT_FALSE(none.include(large));
    EXPECT_FALSE(large.include(small));
    EXPECT_FALSE(json.include(large));
    EXPECT_FALSE(json.include(both));
}

}  // namespace
}  // namespace sallyport::mappings
