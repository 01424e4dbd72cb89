#include "agent/file_conditions.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::agent {
namespace {

// 1994-11-06 08:49:37 GMT; 1000 bytes.
constexpr FileVersion version{1000, 784111777};
constexpr std::string_view then = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view before = "Sun, 06 Nov 1994 08:49:36 GMT";

std::vector<http::Field> fields(std::initializer_list<http::Field> list) { return list; }

TEST(FileConditions, TheTagIsMadeOfTimeAndSize) {
    char expected[40];
    std::snprintf(expected, sizeof expected, "\"%x-%x\"", 784111777U, 1000U);
    EXPECT_EQ(version.etag(), expected);
    EXPECT_EQ((FileVersion{0, 0}.etag()), "\"0-0\"");
}

TEST(FileConditions, AreJudgedInTheOrderOfTheStandard) {  // RFC 9110 section 13.2.2
    const auto own = version.etag();
    const auto weak = "W/" + own;
    const auto list = "\"a,b\", " + own;
    struct Case {
        std::vector<http::Field> fields;
        Access access;
        bool exists;
        Conditions expected;
    };
    const Case cases[] = {
        {fields({}), Access::reads, true, Conditions::hold},
        {fields({{"if-match", own}}), Access::changes, true, Conditions::hold},
        {fields({{"if-match", weak}}), Access::changes, true, Conditions::fail},
        {fields({{"if-match", "\"x\""}}), Access::changes, true, Conditions::fail},
        {fields({{"if-match", list}}), Access::changes, true, Conditions::hold},
        {fields({{"if-match", "\"x\""}, {"if-match", own}}), Access::changes, true,
         Conditions::hold},
        {fields({{"if-match", "*"}}), Access::changes, true, Conditions::hold},
        {fields({{"if-match", "*"}}), Access::changes, false, Conditions::fail},
        {fields({{"if-match", "nonsense"}}), Access::changes, true, Conditions::fail},
        {fields({{"if-none-match", "*"}}), Access::changes, true, Conditions::fail},
        {fields({{"if-none-match", "*"}}), Access::changes, false, Conditions::hold},
        {fields({{"if-none-match", own}}), Access::reads, true, Conditions::not_modified},
        {fields({{"if-none-match", weak}}), Access::reads, true, Conditions::not_modified},
        {fields({{"if-none-match", "\"x\""}}), Access::reads, true, Conditions::hold},
        {fields({{"if-none-match", "\"x\""}, {"if-modified-since", then}}), Access::reads, true,
         Conditions::hold},
        {fields({{"if-modified-since", then}}), Access::reads, true, Conditions::not_modified},
        {fields({{"if-modified-since", before}}), Access::reads, true, Conditions::hold},
        {fields({{"if-modified-since", then}}), Access::changes, true, Conditions::hold},
        {fields({{"if-unmodified-since", then}}), Access::changes, true, Conditions::hold},
        {fields({{"if-unmodified-since", before}}), Access::changes, true, Conditions::fail},
        {fields({{"if-unmodified-since", "nonsense"}}), Access::changes, true, Conditions::hold},
        {fields({{"if-unmodified-since", then}}), Access::changes, false, Conditions::hold},
        {fields({{"if-match", own}, {"if-unmodified-since", before}}), Access::changes, true,
         Conditions::hold},
    };
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        const auto& each = cases[i];
        const auto there = each.exists ? std::optional(version) : std::nullopt;
        EXPECT_EQ(judge_conditions(each.fields, each.access, there), each.expected) << i;
    }
}

TEST(FileRange, ReadsOneRange) {  // RFC 9110 section 14.1.2
    struct Case {
        std::string_view range;
        FilePart::Kind kind;
        std::uint64_t offset;
        std::uint64_t bytes;
    };
    using enum FilePart::Kind;
    const Case cases[] = {
        {"bytes=0-0", part, 0, 1},
        {"bytes=0-", part, 0, 1000},
        {"bytes=10-19", part, 10, 10},
        {"bytes=990-5000", part, 990, 10},
        {"bytes=-1", part, 999, 1},
        {"bytes=-5000", part, 0, 1000},
        {"BYTES= 1-2", part, 1, 2},
        {"bytes=1000-", unsatisfiable, 0, 0},
        {"bytes=-0", unsatisfiable, 0, 0},
        {"bytes=5-4", whole, 0, 1000},
        {"bytes=0-1,5-6", whole, 0, 1000},
        {"bytes=x-", whole, 0, 1000},
        {"bytes=1-x", whole, 0, 1000},
        {"bytes=-", whole, 0, 1000},
        {"bytes=99999999999999999999-", whole, 0, 1000},
        {"lines=1-2", whole, 0, 1000},
        {"bytes", whole, 0, 1000},
    };
    for (const auto& each : cases) {
        const auto chosen = choose_part(fields({{"range", each.range}}), version);
        EXPECT_EQ(chosen.kind, each.kind) << each.range;
        EXPECT_EQ(chosen.offset, each.offset) << each.range;
        EXPECT_EQ(chosen.bytes, each.bytes) << each.range;
    }
    EXPECT_EQ(choose_part({}, version).kind, whole);
    EXPECT_EQ(choose_part(fields({{"range", "bytes=0-"}}), {0, 1}).kind, unsatisfiable);
}

TEST(FileRange, CountsOnlyForTheVersionThatIfRangeNames) {  // RFC 9110 section 13.1.5
    using enum FilePart::Kind;
    const auto own = version.etag();
    const auto weak = "W/" + own;
    const auto kind = [](std::string_view condition) {
        return choose_part(fields({{"range", "bytes=1-2"}, {"if-range", condition}}), version).kind;
    };
    EXPECT_EQ(kind(own), part);
    EXPECT_EQ(kind(then), part);
    EXPECT_EQ(kind(weak), whole);
    EXPECT_EQ(kind("\"x\""), whole);
    EXPECT_EQ(kind(before), whole);
    EXPECT_EQ(kind("nonsense"), whole);
}

}  // namespace
}  // namespace sallyport::agent
