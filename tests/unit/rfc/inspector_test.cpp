#include "rfc/inspector.hpp"

#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

constexpr std::string_view ping = "NI_PING";

/// The items of the only frame in `answer`, as text with the zero bytes of UTF-16 left out.
std::string said_wide(const Bytes& answer) {
    std::string text;
    for (const char c : as_text(answer).substr(frame_head_bytes + header_bytes))
        if (c != '\0') text += c;
    return text;
}

AppcHeader header_of(const Bytes& frame) {
    return AppcHeader(BytesView(frame).subspan(frame_head_bytes));
}

Bytes call(std::string_view function) { return send_frame(Items::call(function).end().bytes()); }

Conversation logged_on(Policy policy = manifest_policy()) {
    Conversation conversation(std::move(policy));
    conversation.bring(Until::logged_on);
    return conversation;
}

TEST(Inspector, AnswersPingsOnTheSideTheyComeFrom) {
    Conversation conversation;
    const Bytes frame(ping_frame().begin(), ping_frame().end());
    ASSERT_NE(as_text(frame).find(ping), std::string_view::npos);
    for (const auto& outcome : {conversation.client(frame), conversation.back_end(frame)}) {
        EXPECT_EQ(outcome.answered, Bytes(pong_frame().begin(), pong_frame().end()));
        EXPECT_TRUE(outcome.forwarded.empty());
    }
}

TEST(Inspector, SwallowsPongsAndEmptyFrames) {
    auto conversation = logged_on();
    Bytes frames(pong_frame().begin(), pong_frame().end());
    frames.resize(frames.size() + frame_head_bytes);
    const auto outcome = conversation.client(frames);
    EXPECT_EQ(outcome, (Outcome{.steps = 2}));
}

TEST(Inspector, KeepAlivesMayStandBetweenTheRecordsOfACall) {
    auto conversation = logged_on();
    const Bytes keep_alive(ping_frame().begin(), ping_frame().end());
    const auto items = Items::call("STFC_CONNECTION").end().bytes();
    const auto half = items.size() / 2;
    const auto first = async_frame(BytesView(items).first(half));
    const auto rest = async_frame(BytesView(items).subspan(half));
    const auto outcome = conversation.client(first + keep_alive + rest + receive_frame());
    EXPECT_EQ(outcome.forwarded, first + rest + receive_frame());
    EXPECT_EQ(outcome.answered,
              keep_alive.size() == 12 ? Bytes(pong_frame().begin(), pong_frame().end()) : Bytes());
}

TEST(Inspector, TellsHowManyBytesAFrameNeeds) {
    Conversation conversation;
    auto frame = load_data("session/01-gw-normal-client.bin");
    EXPECT_EQ(conversation.inspector().from_client(std::span(frame).first(3)).wanted, 4U);
    EXPECT_EQ(conversation.inspector().from_client(std::span(frame).first(4)).wanted, 68U);
    EXPECT_EQ(conversation.inspector().from_client(frame).taken, 68U);
}

TEST(Inspector, AsksForNoLargeFrameBeforeTheLogon) {
    struct Case {
        Until until;
        std::string_view longest;
        std::string_view too_long;
        Refusal refusal;
    };
    const Case cases[] = {{Until::start, "000003fc", "000003fd", Refusal::setup},
                          {Until::allocated, "0000fffc", "0000fffd", Refusal::too_large},
                          {Until::logged_on, "00100000", "00100001", Refusal::too_large}};
    for (const auto& one : cases) {
        Conversation good;
        good.bring(one.until);
        EXPECT_FALSE(good.client(from_hex(one.longest).value()).closed) << one.longest;
        Conversation bad;
        bad.bring(one.until);
        EXPECT_EQ(bad.client(from_hex(one.too_long).value()).refusal, one.refusal) << one.too_long;
    }
}

TEST(Inspector, AFrameBehindTheLogonAsksForNoMoreThanTheLogonBeforeItIsAnswered) {
    Conversation conversation;
    conversation.bring(Until::allocated);
    conversation.client(load_data("session/08-logon-rfcping.bin"));
    EXPECT_EQ(conversation.client(from_hex("0000fffd").value()).refusal, Refusal::too_large);
}

TEST(Inspector, ForwardsACallFromWhereItWasReceived) {
    auto conversation = logged_on();
    auto frame = load_data("session/10-stfc-connection.bin");
    const auto step = conversation.inspector().from_client(frame);
    EXPECT_EQ(step.forward.data(), frame.data());
    EXPECT_EQ(step.forward.size(), frame.size());
    EXPECT_EQ(step.event, Event::call_allowed);
}

TEST(Inspector, ClearsTheOfferOfSncInTheGatewayRecord) {
    Conversation conversation;
    auto frame = load_data("session/01-gw-normal-client.bin");
    frame[frame_head_bytes + gateway_at::accept] = std::byte{0xff};
    const auto outcome = conversation.client(frame);
    EXPECT_EQ(outcome.forwarded[frame_head_bytes + gateway_at::accept], std::byte{0xfb});
}

TEST(Inspector, ShowsTheClientTheNamesItSent) {
    Conversation conversation;
    conversation.bring(Until::gateway);
    const auto request = load_data("session/03-initialize.bin");
    auto reply = load_data("session/04-initialize-reply.bin");
    const auto sent = conversation.client(request).forwarded;
    EXPECT_NE(sent, request);
    std::copy_n(sent.begin() + 4 + 48, 24, reply.begin() + 4 + 48);  // as a gateway echoes it
    EXPECT_EQ(conversation.back_end(reply).forwarded, load_data("session/04-initialize-reply.bin"));
}

TEST(Inspector, ARefusedCallLeavesTheConversationUsable) {
    auto conversation = logged_on();
    const auto outcome = conversation.client(call("Z_SECRET"));
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_EQ(outcome.events, std::vector{Event::call_refused});
    EXPECT_EQ(outcome.functions, std::vector<std::string>{"Z_SECRET"});
    EXPECT_NE(said_wide(outcome.answered).find("RFC_NO_AUTHORITY"), std::string::npos);
    EXPECT_NE(said_wide(outcome.answered)
                  .find("Access denied for Z_SECRET on abap.virtual:sapgw00. Expose the function "
                        "module in your Cloud Connector in case it was a valid request."),
              std::string::npos);
    EXPECT_EQ(header_of(outcome.answered).return_code(), 0U);
    EXPECT_EQ(conversation.client(call("STFC_CONNECTION")).forwarded, call("STFC_CONNECTION"));
}

TEST(Inspector, ARefusedCallEndsTheConversationIfSoConfigured) {
    Conversation conversation(manifest_policy(), Identity::Mode::rewrite,
                              AfterRefusal::conversation_ends);
    conversation.bring(Until::logged_on);
    const auto outcome = conversation.client(call("Z_SECRET"));
    EXPECT_TRUE(outcome.closed);
    EXPECT_EQ(header_of(outcome.answered).return_code(), 0x12U);
}

TEST(Inspector, WritesInTheCodePageOfTheBackEnd) {
    Conversation conversation;
    conversation.bring(Until::allocated);
    conversation.client(load_data("session/08-logon-rfcping.bin"));
    auto reply = load_data("session/09-logon-reply.bin");
    const auto page = as_text(reply).find(std::string_view("\x04\x01\x00\x03", 4));
    ASSERT_LT(page, 110U);  // in item 0101, the first one
    reply[page + 3] = std::byte{2};
    conversation.back_end(reply);
    const auto answer = conversation.client(call("Z_SECRET")).answered;
    EXPECT_NE(as_text(answer).find(std::string_view("\0A\0c\0c\0e\0s\0s", 12)),
              std::string_view::npos);
}

TEST(Inspector, ASecondCallBeforeTheAnswerIsRefusedWithoutAWord) {
    auto conversation = logged_on();
    const auto outcome = conversation.client(call("RFC_PING") + call("RFC_PING"));
    EXPECT_EQ(outcome.forwarded, call("RFC_PING"));
    EXPECT_EQ(outcome.refusal, Refusal::state);
    EXPECT_TRUE(outcome.answered.empty());
    EXPECT_TRUE(outcome.closed);
}

TEST(Inspector, ACallThatRunsMayBeCancelledAndNothingElse) {
    auto conversation = logged_on();
    const auto cancel = control_frame(0xd5);
    conversation.client(call("RFC_PING"));
    EXPECT_EQ(conversation.client(cancel).forwarded, cancel);
    conversation.back_end(load_data("session/13-rfc-ping-reply.bin"));
    EXPECT_EQ(conversation.client(cancel).refusal, Refusal::state);
}

TEST(Inspector, ACancelledCallEndsTheConversationWithTheWordsOfTheGateway) {
    auto conversation = logged_on();
    const auto canceled = control_frame(0xd6);
    conversation.client(call("RFC_PING"));
    conversation.client(control_frame(0xd5));
    const auto outcome = conversation.back_end(canceled);
    EXPECT_EQ(outcome.refusal, Refusal::none);
    EXPECT_EQ(outcome.forwarded, canceled);
    EXPECT_TRUE(outcome.closed);
    auto idle = logged_on();
    EXPECT_EQ(idle.back_end(canceled).refusal, Refusal::back_end);
}

TEST(Inspector, AGatewayErrorTellsTheTime) {
    using namespace std::chrono;
    for (const bool is_known : {true, false}) {
        Conversation conversation;
        conversation.bring(Until::gateway);
        if (is_known)
            conversation.inspector().set_time(system_clock::time_point(seconds(1'795'226'405)));
        auto foreign = load_data("session/03-initialize.bin");
        foreign[4] = std::byte{5};  // no APPC record of version 6
        const auto outcome = conversation.client(foreign);
        EXPECT_TRUE(outcome.closed);
        EXPECT_EQ(as_text(outcome.answered).find("Sat Nov 21 02:00:05 2026") != std::string::npos,
                  is_known);
        EXPECT_NE(as_text(outcome.answered).find("SAP-Gateway"), std::string::npos);
    }
}

TEST(Inspector, ACallOfTheBackEndIsRefused) {
    auto conversation = logged_on();
    conversation.client(call("RFC_PING"));
    const auto outcome = conversation.back_end(call("Z_CALLBACK"));
    EXPECT_EQ(outcome.refusal, Refusal::callback);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_TRUE(outcome.closed);
}

TEST(Inspector, AnAnswerInSeveralRecordsEndsWithItsLast) {
    auto conversation = logged_on();
    conversation.client(call("RFC_PING"));
    const auto reply = load_data("accept/streamed-reply.bin");
    const auto outcome = conversation.back_end(reply);
    EXPECT_EQ(outcome.forwarded, reply);
    EXPECT_EQ(outcome.events, std::vector{Event::call_ended});
    EXPECT_GT(conversation.inspector().call().reply_bytes, 60'000U);
}

TEST(Inspector, TellsAnswersFromExceptions) {
    auto conversation = logged_on();
    conversation.client(call("RFC_PING"));
    conversation.back_end(load_data("session/13-rfc-ping-reply.bin"));
    EXPECT_FALSE(conversation.inspector().call().reply_is_error);
    conversation.client(call("RFC_PING"));
    conversation.back_end(load_data("session/19-fu-not-found-reply.bin"));
    EXPECT_TRUE(conversation.inspector().call().reply_is_error);
    EXPECT_EQ(conversation.client(call("RFC_PING")).refusal, Refusal::none);
}

TEST(Inspector, AnErrorOfTheBackEndEndsTheConversation) {
    auto conversation = logged_on();
    conversation.client(call("RFC_PING"));
    const auto outcome = conversation.back_end(load_data("refusal-reply/call-terminal-le.bin"));
    EXPECT_FALSE(outcome.forwarded.empty());
    EXPECT_TRUE(outcome.closed);
    EXPECT_EQ(outcome.refusal, Refusal::none);
}

TEST(Inspector, AnAnswerToNothingEndsTheConversation) {
    auto conversation = logged_on();
    EXPECT_EQ(conversation.back_end(load_data("session/13-rfc-ping-reply.bin")).refusal,
              Refusal::back_end);
}

TEST(Inspector, SaysFarewellOnlyWhereAConversationExists) {
    Conversation fresh;
    EXPECT_TRUE(fresh.inspector().farewell().empty());
    auto conversation = logged_on();
    const auto bytes = conversation.inspector().farewell();
    const Bytes farewell(bytes.begin(), bytes.end());
    EXPECT_EQ(farewell, load_data("session/18-deallocate.bin"));
    EXPECT_TRUE(conversation.inspector().is_over());
}

TEST(Inspector, NothingFollowsTheEnd) {
    auto conversation = logged_on();
    const auto frame = load_data("session/18-deallocate.bin");
    EXPECT_EQ(conversation.client(frame).forwarded, frame);
    EXPECT_TRUE(conversation.client(call("RFC_PING")).forwarded.empty());
}

}  // namespace
}  // namespace sallyport::rfc::testing
