#include "rfc/inspector.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

/// Who logs on, and who may.
namespace sallyport::rfc::testing {
namespace {

/// The items of the only frame in `answer`, which are ASCII.
std::string said(const Bytes& answer) {
    return std::string(as_text(answer).substr(frame_head_bytes + header_bytes));
}

AppcHeader header_in(const Bytes& frame) {
    return AppcHeader(BytesView(frame).subspan(frame_head_bytes));
}

TEST(Logon, LogonDataBehindTheLogonIsRefused) {
    Conversation conversation;
    conversation.bring(Until::logged_on);
    const auto items = Items::call("STFC_CONNECTION").add_wide(tag::user, "OTHER").end().bytes();
    EXPECT_EQ(conversation.client(send_frame(items)).refusal, Refusal::ambiguous);
}

TEST(Logon, AUserNamedTwiceIsRefused) {
    Conversation conversation;
    conversation.bring(Until::allocated);
    const auto items = Items::logon("100", "JANE")
                           .add(tag::user, "JANE")
                           .add(tag::function, "RFCPING")
                           .end()
                           .bytes();
    const auto outcome = conversation.client(send_frame(items));
    EXPECT_EQ(outcome.refusal, Refusal::ambiguous);
    EXPECT_EQ(header_in(outcome.answered).return_code(), 0x12U);
}

TEST(Logon, KnowsWhoHasLoggedOn) {
    Conversation conversation;
    conversation.bring(Until::logged_on);
    EXPECT_EQ(conversation.inspector().call().user, "TESTUSER");
    EXPECT_EQ(conversation.inspector().call().client, "001");
    EXPECT_EQ(conversation.inspector().call().function, "RFCPING");
}

Outcome log_on(const Policy& policy, std::string_view client, std::string_view user,
               std::string_view function = "RFCPING") {
    Conversation conversation(policy);
    conversation.bring(Until::allocated);
    return conversation.client(
        send_frame(Items::logon(client, user).add(tag::function, function).end().bytes()));
}

TEST(Logon, RefusesALogonInTheShapeOfAWrongPassword) {
    auto policy = manifest_policy();
    policy.blocked_users = {{"100", "SAP*"}};
    const auto outcome = log_on(policy, "100", "sap*");
    EXPECT_EQ(outcome.refusal, Refusal::user_blocked);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_TRUE(outcome.closed);
    EXPECT_EQ(header_in(outcome.answered).return_code(), 0x12U);
    EXPECT_NE(said(outcome.answered).find("Access denied for user sap* in client 100"),
              std::string::npos);
    EXPECT_EQ(log_on(policy, "100", "JANE").refusal, Refusal::none);
}

TEST(Logon, RefusesALogonToAnotherClient) {
    auto policy = manifest_policy();
    policy.clients = {"100", "200"};
    EXPECT_EQ(log_on(policy, "100", "JANE").refusal, Refusal::none);
    EXPECT_EQ(log_on(policy, "300", "JANE").refusal, Refusal::client_denied);
    EXPECT_EQ(log_on(policy, "", "JANE").refusal, Refusal::client_denied);
}

TEST(Logon, RefusesAForbiddenFunctionInTheLogon) {
    const auto outcome = log_on(manifest_policy(), "100", "JANE", "Z_SECRET");
    EXPECT_EQ(outcome.refusal, Refusal::function_denied);
    EXPECT_TRUE(outcome.closed);
}

TEST(Logon, WhatTheBackEndWouldCutIsRefused) {
    auto blocking = manifest_policy();
    blocking.blocked_users = {{"100", "SAP*"}};
    auto listing = manifest_policy();
    listing.clients = {"100"};
    struct Case {
        const Policy& policy;
        std::string_view client;
        std::string_view user;
        Refusal refusal;
    };
    const Case cases[] = {
        {blocking, "100", "SAP*        X", Refusal::user_blocked},
        {blocking, "100", "SAP* X", Refusal::user_blocked},
        {blocking, "100", " SAP*", Refusal::user_blocked},
        {blocking, "1000", "SAP*", Refusal::user_blocked},
        {blocking, "100", "ABCDEFGHIJKLM", Refusal::user_blocked},
        {blocking, "100", "ABCDEFGHIJKL", Refusal::none},
        {blocking, "100", "JANE        ", Refusal::none},
        {blocking, "1000", "JANE", Refusal::none},
        {listing, "1000", "JANE", Refusal::client_denied},
        {listing, "10", "JANE", Refusal::client_denied},
        {listing, "100 ", "JANE", Refusal::none},
        {listing, "100", "SAP*        X", Refusal::none},
    };
    for (const auto& one : cases) {
        const auto outcome = log_on(one.policy, one.client, one.user);
        EXPECT_EQ(to_text(outcome.refusal), to_text(one.refusal)) << one.client << one.user;
    }
}

TEST(Logon, ATicketPassesOnlyWhereNoUserIsBlocked) {
    auto policy = manifest_policy();
    policy.clients = {"100"};
    const auto with_ticket = [&] {
        Conversation conversation(policy);
        conversation.bring(Until::allocated);
        auto items = Items::logon("100", "JANE").add_wide(tag::ticket, "AjExMDAgAA");
        return conversation.client(send_frame(items.add(tag::function, "RFCPING").end().bytes()));
    };
    EXPECT_EQ(with_ticket().refusal, Refusal::none);
    policy.blocked_users = {{"200", "DDIC"}};
    const auto outcome = with_ticket();
    EXPECT_EQ(outcome.refusal, Refusal::user_blocked);
    EXPECT_NE(outcome.reason.find("ticket"), std::string::npos);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_TRUE(outcome.closed);
    EXPECT_EQ(said(outcome.answered).find("JANE"), std::string::npos) << "nobody knows";
}

}  // namespace
}  // namespace sallyport::rfc::testing
