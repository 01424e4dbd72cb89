#include "rfc/policy.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc {
namespace {

using By = FunctionDecision::By;

const Policy policy{.rules = {{"BAPI_USER_GET", Match::exact},
                              {"Z_OLD", Match::exact, false},
                              {"BAPI_CUSTOMER_", Match::prefix},
                              {"ARFC_DEST_CONFIRM", Match::exact},
                              {"ARFC_", Match::prefix},
                              {"SXP", Match::prefix}}};

TEST(FunctionPolicy, AllowsWhatARuleNamesAndNothingElse) {
    struct Case {
        std::string_view function;
        Refusal refusal;
        By by = By::nothing;
        std::size_t rule = 0;
    };
    const Case cases[] = {
        {"BAPI_USER_GET", Refusal::none, By::rule, 0},
        {"BAPI_USER_GET_DETAIL", Refusal::function_denied},
        {"BAPI_USER_GE", Refusal::function_denied},
        {"Z_OLD", Refusal::function_denied},
        {"BAPI_CUSTOMER_GETLIST", Refusal::none, By::rule, 2},
        {"BAPI_CUSTOMER_", Refusal::none, By::rule, 2},
        {"BAPI_CUSTOMER", Refusal::function_denied},
        {"ARFC_DEST_CONFIRM", Refusal::none, By::rule, 3},
        {"ARFC_DEST_SHIP", Refusal::tunnel_denied},
        {"SXPG_CALL_SYSTEM", Refusal::tunnel_denied},
        {"SXPG_COMMAND_EXECUTE_LONG", Refusal::tunnel_denied},
        {"RFC_REMOTE_EXEC", Refusal::tunnel_denied},
        {"SXP_DUMMY", Refusal::none, By::rule, 5},
        {"RFC_PING", Refusal::none, By::infrastructure},
        {"RFC_READ_TABLE", Refusal::function_denied},
        {"RFC_SYSTEM_INFO", Refusal::function_denied},
    };
    for (const auto& one : cases) {
        const auto decision = decide_function(policy, one.function, {});
        EXPECT_EQ(to_text(decision.refusal), to_text(one.refusal)) << one.function;
        EXPECT_EQ(decision.by, one.by) << one.function;
        EXPECT_EQ(decision.rule, one.rule) << one.function;
    }
}

TEST(FunctionPolicy, AnEmptyOneAllowsWhatLibrariesCallByThemselves) {
    for (const auto function : infrastructure_functions()) {
        EXPECT_EQ(decide_function({}, function, {}).refusal, Refusal::none) << function;
        EXPECT_TRUE(is_function_name(function));
        EXPECT_FALSE(is_tunnel(function));
    }
}

TEST(FunctionPolicy, WithoutInfrastructureOnlyTheProbeOfALogonPasses) {
    const Policy strict{.infrastructure = false};
    for (const auto function : infrastructure_functions())
        EXPECT_EQ(decide_function(strict, function, {}).refusal == Refusal::none,
                  function == "RFCPING");
}

TEST(FunctionPolicy, APrefixNeverCoversATunnel) {
    const Policy all{.rules = {{"", Match::prefix}}};
    EXPECT_EQ(decide_function(all, "Z_ANYTHING", {}).refusal, Refusal::none);
    for (const auto* tunnel : {"ARFC_DEST_SHIP", "BGRFC_DEST_SHIP", "TRFC_QIN_DEST_SHIP",
                               "SADT_REST_RFC_ENDPOINT", "RFC_ABAP_INSTALL_AND_RUN"})
        EXPECT_EQ(decide_function(all, tunnel, {}).refusal, Refusal::tunnel_denied) << tunnel;
}

TEST(PolicyCheck, FindsWhatCouldNeverBeMet) {
    EXPECT_TRUE(check(policy));
    EXPECT_TRUE(check({.clients = {"100"}, .blocked_users = {{"100", "SAP*"}, {"", "DDIC"}}}));
    EXPECT_FALSE(check({.rules = {{"bapi_user"}}}));
    EXPECT_FALSE(check({.rules = {{"", Match::prefix}}}));
    EXPECT_FALSE(check({.clients = {"1"}}));
    EXPECT_FALSE(check({.blocked_users = {{"1000", "X"}}}));
    EXPECT_FALSE(check({.blocked_users = {{"100", ""}}}));
    EXPECT_TRUE(check({.blocked_users = {{"100", "ABCDEFGHIJKL"}}}));
    EXPECT_FALSE(check({.blocked_users = {{"100", "ABCDEFGHIJKLM"}}}));
    EXPECT_FALSE(check({.blocked_users = {{"100", "SAP* "}}}));
}

TEST(LogonPolicy, ChecksClientsAndUsers) {
    const Policy lists{.clients = {"100", "200"}, .blocked_users = {{"100", "SAP*"}, {"", "DDIC"}}};
    struct Case {
        Logon logon;
        Refusal refusal;
    };
    const Case cases[] = {
        {{"100", "JANE"}, Refusal::none},
        {{"300", "JANE"}, Refusal::client_denied},
        {{std::nullopt, "JANE"}, Refusal::client_denied},
        {{"100", "SAP*"}, Refusal::user_blocked},
        {{"100", "sap*"}, Refusal::user_blocked},
        {{"200", "SAP*"}, Refusal::none},
        {{"200", "ddic"}, Refusal::user_blocked},
        {{"100", std::nullopt}, Refusal::user_blocked},
        {{"100", "SAP*        X"}, Refusal::user_blocked},
        {{"200", "SAP* X"}, Refusal::user_blocked},
        {{"200", "ABCDEFGHIJKLM"}, Refusal::user_blocked},
        {{"200", "ABCDEFGHIJKL"}, Refusal::none},
        {{"1000", "JANE"}, Refusal::client_denied},
        {{"100", "JANE", true}, Refusal::user_blocked},
    };
    for (const auto& one : cases)
        EXPECT_EQ(to_text(decide_logon(lists, one.logon)), to_text(one.refusal));
}

TEST(LogonPolicy, ALogonWithoutAClientMayBeToTheBlockedOne) {
    const Policy lists{.blocked_users = {{"100", "SAP*"}}};
    EXPECT_EQ(decide_logon(lists, {std::nullopt, "SAP*"}), Refusal::user_blocked);
    EXPECT_EQ(decide_logon(lists, {std::nullopt, "JANE"}), Refusal::none);
    for (const auto* client : {"1000", "10", "a00", "1 0"})
        EXPECT_EQ(decide_logon(lists, {client, "SAP*"}), Refusal::user_blocked) << client;
}

TEST(LogonPolicy, WithoutListsAnybodyMayTry) { EXPECT_EQ(decide_logon({}, {}), Refusal::none); }

TEST(RfcPolicy, ARuleThatHasExpiredLetsNothingThrough) {
    using std::chrono::seconds;
    const std::chrono::system_clock::time_point noon{seconds(1'000)};
    Policy policy;
    policy.rules = {{.function = "Z_A", .expires = noon},
                    {.function = "RFC_READ_TABLE", .expires = noon},
                    {.function = "Z_B", .enabled = false, .expires = noon},
                    {.function = "Z_", .match = Match::prefix, .expires = noon + seconds(2)}};
    EXPECT_EQ(decide_function(policy, "Z_A", noon - seconds(1)).rule, 0U);
    EXPECT_EQ(decide_function(policy, "Z_A", noon).rule, 3U) << "the next rule that covers it";
    EXPECT_EQ(decide_function(policy, "Z_A", noon + seconds(2)).refusal, Refusal::rule_expired);
    EXPECT_EQ(decide_function(policy, "RFC_READ_TABLE", noon).refusal, Refusal::rule_expired);
    EXPECT_EQ(decide_function(policy, "RFCPING", noon + seconds(9)).refusal, Refusal::none);
    EXPECT_EQ(decide_function(policy, "BAPI_X", noon).refusal, Refusal::function_denied);
}

}  // namespace
}  // namespace sallyport::rfc
