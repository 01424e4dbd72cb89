#include "daemon/admin_verbs.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::daemon {
namespace {

using Outcome = AdminDecision::Outcome;

constexpr std::array<AdminVerb, 4> some_verbs{
    {{"GET", "/v1/status"},
     {"POST", "/v1/reload", "config.reload"},
     {"POST", "/v1/plan", "", AdminVerb::WithoutLog::refused, AdminRight::look},
     {"GET", "/livez", "", AdminVerb::WithoutLog::refused, AdminRight::none}}};

Outcome outcome(std::string_view method, std::string_view target, AdminRight right) {
    return decide(some_verbs, method, target, right).outcome;
}

TEST(AdminVerb, LookingTakesLessThanChanging) {
    EXPECT_EQ(some_verbs[0].needs, AdminRight::look);
    EXPECT_EQ(some_verbs[1].needs, AdminRight::change);
}

TEST(AdminVerb, GoesOnForWhoMay) {
    EXPECT_EQ(outcome("GET", "/v1/status", AdminRight::look), Outcome::go_on);
    EXPECT_EQ(outcome("GET", "/v1/status", AdminRight::change), Outcome::go_on);
    EXPECT_EQ(outcome("POST", "/v1/reload", AdminRight::change), Outcome::go_on);
    EXPECT_EQ(outcome("POST", "/v1/plan", AdminRight::look), Outcome::go_on);
    EXPECT_EQ(outcome("GET", "/livez", AdminRight::none), Outcome::go_on);
    EXPECT_EQ(decide(some_verbs, "POST", "/v1/plan", AdminRight::change).verb, 2U);
}

TEST(AdminVerb, TakesAQueryButNoOtherPath) {
    EXPECT_EQ(outcome("GET", "/v1/status?x=/v1/reload", AdminRight::look), Outcome::go_on);
    for (const auto* target : {"/v1/status/", "/v1/statu", "/V1/status", "/v1//status",
                               "/v1/status#x", "/v1/%73tatus", "http://h/v1/status", "", "*"})
        EXPECT_EQ(outcome("GET", target, AdminRight::change), Outcome::unknown) << target;
    EXPECT_EQ(path_of("/v1/x?a=b?c"), "/v1/x");
    EXPECT_EQ(query_of("/v1/x?a=b?c"), "a=b?c");
    EXPECT_EQ(query_of("/v1/x"), "");
}

TEST(AdminVerb, WhoMayOnlyLookChangesNothing) {
    EXPECT_EQ(outcome("POST", "/v1/reload", AdminRight::look), Outcome::only_looking);
    EXPECT_EQ(outcome("GET", "/v1/reload", AdminRight::look), Outcome::wrong_method);
    EXPECT_EQ(outcome("POST", "/v1/status", AdminRight::look), Outcome::wrong_method);
    EXPECT_EQ(outcome("HEAD", "/v1/status", AdminRight::look), Outcome::wrong_method);
    EXPECT_EQ(outcome("POST", "/v1/other", AdminRight::look), Outcome::unknown);
}

TEST(AdminVerb, WhoMayNothingLearnsNothing) {
    for (const auto* target : {"/v1/status", "/v1/reload", "/v1/other"})
        for (const auto* method : {"GET", "POST"})
            EXPECT_EQ(outcome(method, target, AdminRight::none), Outcome::nothing_allowed);
    EXPECT_EQ(outcome("POST", "/livez", AdminRight::none), Outcome::nothing_allowed);
}

}  // namespace
}  // namespace sallyport::daemon
