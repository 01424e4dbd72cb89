#include "daemon/finding.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

std::vector<Finding> one_of_each() {
    return {{"a", "first", Judgement::good("fine")},
            {"b", "second", Judgement::warning("odd", "look")},
            {"c", "third", Judgement::failed("broken", "mend it")},
            {"d", "fourth", Judgement::skipped("not asked")}};
}

TEST(Finding, FailsTheCommandOnlyIfSomethingFailed) {
    EXPECT_EQ(exit_code_of(one_of_each()), 1);
    EXPECT_EQ(exit_code_of({{"b", "second", Judgement::warning("odd", "look")}}), 0);
    EXPECT_EQ(exit_code_of({}), 0);
}

TEST(Finding, IsToldToProgramsWithItsRemedy) {
    const auto json = findings_json(one_of_each());
    EXPECT_EQ(json.at("failed"), 1);
    EXPECT_EQ(json.at("warning"), 1);
    EXPECT_EQ(json.at("ok"), 1);
    EXPECT_EQ(json.at("skipped"), 1);
    const auto& third = json.at("findings").as_array().at(2).as_object();
    EXPECT_EQ(third.at("id"), "c");
    EXPECT_EQ(third.at("result"), "failed");
    EXPECT_EQ(third.at("remedy"), "mend it");
    EXPECT_FALSE(json.at("findings").as_array().at(0).as_object().contains("remedy"));
}

TEST(Finding, IsOneLineForPeopleAndOneForTheRemedy) {
    const auto text = finding_text(one_of_each()[2], Paint());
    EXPECT_THAT(text, testing::StartsWith("failed   third"));
    EXPECT_THAT(text, HasSubstr("broken\n         -> mend it\n"));
    EXPECT_THAT(finding_text({"x", "t", Judgement::good("\x1b[2J")}, Paint()), HasSubstr("?[2J"));
    EXPECT_EQ(summary_text(one_of_each(), Paint()),
              "4 checks: 1 ok, 1 warning, 1 failed, 1 skipped\n");
}

}  // namespace
}  // namespace sallyport::daemon
