// What an export says of the records in it.
#include "audit/export_verdict.hpp"

#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::HasSubstr;

ExportReport exported(std::optional<Sequence> first, std::optional<Sequence> last) {
    ExportReport report{.first = first, .last = last};
    report.verified.first = 0;
    report.verified.last = 9;
    report.verified.seal.sealed = true;
    report.verified.seal.size = 10;
    return report;
}

TEST(ExportVerdict, IsGoodForWhatWasVerifiedAndIsSigned) {
    struct Case {
        std::optional<Sequence> first, last;
        std::uint64_t signed_size, unsigned_records;
    };
    const Case cases[] = {
        {0, 9, 10, 0}, {0, 9, 7, 3}, {3, 5, 6, 0}, {8, 9, 7, 2}, {0, 9, 0, 10}, {{}, {}, 0, 0},
    };
    for (const auto& each : cases) {
        auto report = exported(each.first, each.last);
        report.verified.seal.size = each.signed_size;
        compare_ranges(report);
        const auto expected = each.unsigned_records;
        EXPECT_TRUE(report.verified.good());
        EXPECT_EQ(unsigned_exported(report), expected);
        EXPECT_EQ(is_good(report), expected == 0);
        const auto json = verdict_json(report);
        EXPECT_EQ(json.at("good").as_bool(), expected == 0);
        EXPECT_EQ(json.at("unsigned").to_number<std::uint64_t>(), expected);
        EXPECT_EQ(
            describe_unsigned(report),
            expected == 0 ? "" : std::to_string(expected) + " newest records are not signed yet");
    }
}

TEST(ExportVerdict, OfALogWithoutCheckpointsNothingIsSigned) {
    auto report = exported(0, 9);
    report.verified.seal = {};
    EXPECT_FALSE(is_good(report));
    EXPECT_THAT(describe_unsigned(report), HasSubstr("no record is signed"));
}

TEST(ExportVerdict, WhatWasExportedAndNotVerifiedIsAProblem) {
    struct Case {
        std::optional<Sequence> first, last;
        const char* verified;
    };
    const Case cases[] = {{5, 9, "records 5 to 9"}, {0, 8, "records 0 to 8"}, {{}, {}, "none"}};
    for (const auto& each : cases) {
        auto report = exported(0, 9);
        report.verified.first = each.first;
        report.verified.last = each.last;
        compare_ranges(report);
        EXPECT_FALSE(is_good(report));
        ASSERT_EQ(report.verified.problem_count, 1U);
        EXPECT_EQ(report.verified.problems[0].verdict, verdict::not_compared);
        EXPECT_THAT(report.verified.problems[0].text,
                    HasSubstr(std::string("records 0 to 9 were exported, but verified were ") +
                              each.verified));
    }
}

class VerifyExportedTest : public AuditTest {};

TEST_F(VerifyExportedTest, RecordsThatWerePrunedMeanwhileAreNotVouchedFor) {
    auto with = settings();
    with.segment_bytes_max = 3000;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) log->append(begin(std::to_string(i)));
    }
    const auto segments = list_segments(folder).value();
    ASSERT_GT(segments.size(), 2U);
    const auto last_gone = segments[1].first - 1;
    std::filesystem::remove(segments[0].path);
    // All that was exported is gone.
    ExportReport report{.first = 0, .last = last_gone};
    ASSERT_TRUE(verify_exported(folder, report));
    EXPECT_FALSE(is_good(report));
    EXPECT_THAT(report.verified.problems.at(0).text,
                HasSubstr("could not be verified any more: record"));
    // The rest is there, and as it was signed.
    report = {.first = 0, .last = records().back().sequence};
    ASSERT_TRUE(verify_exported(folder, report));
    EXPECT_EQ(report.verified.first, last_gone + 1);
    EXPECT_FALSE(is_good(report));
    EXPECT_THAT(report.verified.problems.at(0).text, HasSubstr("were exported, but verified were"));
}

}  // namespace
}  // namespace sallyport::audit
