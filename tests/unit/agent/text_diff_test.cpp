#include "agent/text_diff.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

TEST(TextDiff, WritesWhatDiffWouldWrite) {
    EXPECT_EQ(unified_diff("f", "a\n", "a\n"), "");
    EXPECT_EQ(unified_diff("f", "1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nx\n6\n7\n8\n"),
              "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
    EXPECT_EQ(unified_diff("f", "", "a\nb\n"), "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    EXPECT_EQ(unified_diff("f", "a\nb\n", ""), "--- f\n+++ f\n@@ -1,2 +0,0 @@\n-a\n-b\n");
    EXPECT_EQ(unified_diff("f", "a", "a\n"),
              "--- f\n+++ f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(TextDiff, ShowsChangesThatAreFarApartByThemselves) {
    std::string before;
    for (int i = 0; i < 30; ++i) before += std::to_string(i) + "\n";
    auto after = before;
    after.replace(after.find("\n5\n"), 3, "\nfive\n");
    after.replace(after.find("\n25\n"), 4, "\n");
    EXPECT_EQ(unified_diff("f", before, after),
              "--- f\n+++ f\n@@ -3,7 +3,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
              "@@ -23,7 +23,6 @@\n 22\n 23\n 24\n-25\n 26\n 27\n 28\n");
}

TEST(TextDiff, OfVeryLargeChangesShowsAllAndEndsSoon) {
    std::string before;
    std::string after;
    for (int i = 0; i < 5'000; ++i) {
        before += "b" + std::to_string(i) + "\n";
        after += "a" + std::to_string(i) + "\n";
    }
    const auto diff = unified_diff("f", before, after);
    EXPECT_NE(diff.find("-b4999\n"), std::string::npos);
    EXPECT_NE(diff.find("+a4999\n"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::agent
