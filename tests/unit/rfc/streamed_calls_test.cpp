#include "rfc/inspector.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

#include <random>

/// Calls in several records, and that cuts change nothing.
namespace sallyport::rfc::testing {
namespace {

Policy streaming_policy() { return {.rules = {{"Z_BIG"}, {"STFC_CONNECTION"}}}; }

Conversation streaming() {
    Conversation conversation(streaming_policy());
    conversation.bring(Until::logged_on);
    return conversation;
}

Items big_call(std::string_view function, std::size_t value_bytes) {
    auto items = Items::call(function);
    return items.add_wide(0x0201, "DATA").add(0x0203, std::string(value_bytes, 'x'));
}

Bytes barrier_reply() { return load_data("accept/send-data-ack.bin"); }

TEST(StreamedCall, ItsLastItemWaitsForItsEnd) {
    auto conversation = streaming();
    const auto items = big_call("Z_BIG", 30'000).end().bytes();
    const auto first = async_frame(BytesView(items).first(20'000));
    const auto second = async_frame(BytesView(items).subspan(20'000));
    EXPECT_EQ(conversation.client(first).forwarded, first);
    EXPECT_TRUE(conversation.client(second).forwarded.empty());
    EXPECT_EQ(conversation.client(receive_frame()).forwarded, second + receive_frame());
    EXPECT_EQ(conversation.back_end(load_data("session/13-rfc-ping-reply.bin")).events,
              std::vector{Event::call_ended});
}

TEST(StreamedCall, NothingGoesOutBeforeTheNameIsComplete) {
    auto conversation = streaming();
    const auto items = big_call("Z_BIG", 1'000).end().bytes();
    const auto cut = 32U;  // in the middle of the name
    const auto first = async_frame(BytesView(items).first(cut));
    const auto second = async_frame(BytesView(items).subspan(cut, 500));
    const auto third = async_frame(BytesView(items).subspan(cut + 500));
    EXPECT_TRUE(conversation.client(first).forwarded.empty());
    const auto outcome = conversation.client(second);
    EXPECT_EQ(outcome.forwarded, first + second);
    EXPECT_EQ(outcome.events, std::vector{Event::call_allowed});
    EXPECT_EQ(conversation.client(third + receive_frame()).forwarded, third + receive_frame());
}

TEST(StreamedCall, ARefusedOneIsReadToItsEndAndAnsweredThen) {
    auto conversation = streaming();
    const auto items = big_call("Z_OTHER", 30'000).end().bytes();
    auto outcome = conversation.client(async_frame(BytesView(items).first(20'000)));
    EXPECT_EQ(outcome, (Outcome{.steps = 1}));
    outcome = conversation.client(async_frame(BytesView(items).subspan(20'000), true));
    EXPECT_EQ(outcome.answered, barrier_reply());
    outcome = conversation.client(receive_frame());
    EXPECT_EQ(outcome.refusal, Refusal::function_denied);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_FALSE(outcome.closed);
    const auto next = send_frame(Items::call("STFC_CONNECTION").end().bytes());
    EXPECT_EQ(conversation.client(next).forwarded, next);
}

TEST(StreamedCall, ASecondNameBehindWhatWasForwardedEndsBothSides) {
    auto conversation = streaming();
    const auto first = async_frame(big_call("Z_BIG", 1'000).bytes());
    EXPECT_EQ(conversation.client(first).forwarded, first);
    const auto second = async_frame(Items().add_wide(tag::function, "Z_OTHER").end().bytes());
    const auto outcome = conversation.client(second);
    EXPECT_EQ(outcome.refusal, Refusal::ambiguous);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_TRUE(outcome.closed);
}

TEST(StreamedCall, TheBackEndAnswersBarriersOfRecordsThatWent) {
    auto conversation = streaming();
    const auto items = big_call("Z_BIG", 1'000).bytes();
    EXPECT_EQ(conversation.client(async_frame(items)).forwarded, async_frame(items));
    const auto more = async_frame(Items().add(0x0203, "more").bytes(), true);
    const auto outcome = conversation.client(more);
    EXPECT_EQ(outcome.forwarded, more);
    EXPECT_TRUE(outcome.answered.empty());
    EXPECT_EQ(conversation.back_end(barrier_reply()).forwarded, barrier_reply());
}

TEST(StreamedCall, ABarrierBehindAHeldRecordIsAnsweredOnce) {
    auto conversation = streaming();
    const auto first = async_frame(big_call("Z_BIG", 1'000).bytes());
    conversation.client(first);
    const auto last = async_frame(Items().end().bytes(), true);
    const auto outcome = conversation.client(last);
    EXPECT_TRUE(outcome.forwarded.empty());
    EXPECT_EQ(outcome.answered, barrier_reply());
    EXPECT_EQ(conversation.client(receive_frame()).forwarded, last + receive_frame());
    EXPECT_TRUE(conversation.back_end(barrier_reply()).forwarded.empty());
    EXPECT_EQ(conversation.back_end(load_data("session/13-rfc-ping-reply.bin")).events,
              std::vector{Event::call_ended});
}

TEST(StreamedCall, ASendContinuedByReceivesIsRead) {
    auto conversation = streaming();
    const auto items = big_call("Z_BIG", 3'000).end().bytes();
    const auto first = send_part_frame(BytesView(items).first(40));
    const auto rest = last_part_frame(BytesView(items).subspan(40));
    EXPECT_EQ(conversation.client(first + rest).forwarded, first + rest);
}

TEST(StreamedCall, ALogonIsHeldToItsEnd) {
    Conversation conversation(streaming_policy());
    conversation.bring(Until::allocated);
    const auto items = Items::logon("100", "JANE").add(tag::function, "RFCPING").end().bytes();
    const auto first = async_frame(BytesView(items).first(60));
    const auto second = async_frame(BytesView(items).subspan(60));
    EXPECT_TRUE(conversation.client(first + second).forwarded.empty());
    EXPECT_EQ(conversation.client(receive_frame()).forwarded, first + second + receive_frame());
}

TEST(StreamedCall, WhatDoesNotSayItsFunctionIsNotHeldForever) {
    auto conversation = streaming();
    const auto frame = async_frame(Items().add(0x0203, std::string(60'000, 'x')).bytes());
    Outcome outcome;
    std::size_t sent = 0;
    for (; !outcome.closed && sent < 2 * held_bytes_max; sent += frame.size())
        outcome = conversation.client(frame);
    EXPECT_EQ(outcome.refusal, Refusal::too_large);
    EXPECT_LE(sent, held_bytes_max + frame.size());
}

TEST(StreamedCall, RecordsThatContradictThemselvesAreRefused) {
    const auto items = big_call("Z_BIG", 100).bytes();
    auto wrong_length = async_frame(items);
    ++reinterpret_cast<unsigned char&>(wrong_length[frame_head_bytes + appc_at::parameters + 3]);
    auto marked = async_frame(items);
    marked[frame_head_bytes + appc_at::info] = std::byte{0x05};
    struct Case {
        Bytes frames;
        Refusal refusal;
    };
    const Case cases[] = {
        {wrong_length, Refusal::unparsable},
        {marked, Refusal::ambiguous},
        {async_frame({}), Refusal::unparsable},
        {send_part_frame({}), Refusal::unparsable},
        {receive_frame(), Refusal::state},
        {async_frame(items) + send_frame(items), Refusal::state},
        {async_frame(items) + last_part_frame(items), Refusal::ambiguous},
        {send_part_frame(items) + async_frame(items), Refusal::state},
        {async_frame(items) + receive_frame(), Refusal::unparsable},
        {async_frame(items) + control_frame(0xd5), Refusal::state},
    };
    for (const auto& one : cases) {
        auto conversation = streaming();
        const auto outcome = conversation.client(one.frames);
        EXPECT_EQ(to_text(outcome.refusal), to_text(one.refusal)) << outcome.reason;
        EXPECT_TRUE(outcome.closed);
    }
}

/// Everything that clients send in the files, one after the other.
TEST(Splits, TheAnswerDoesNotDependOnHowBytesAreSplit) {
    for (const auto& vector : read_manifest(data_folder())) {
        if (vector.direction != "c2s") continue;
        SCOPED_TRACE(vector.path);
        const auto bytes = load_data(vector.path);
        for (const auto until :
             {Until::start, Until::gateway, Until::allocated, Until::logged_on}) {
            Conversation whole;
            whole.bring(until);
            const auto expected = whole.client(bytes);
            for (const std::size_t piece : {1U, 7U, 1'460U}) {
                if (piece == 1 && bytes.size() > 2'000) continue;
                Conversation pieces;
                pieces.bring(until);
                EXPECT_EQ(pieces.client(bytes, piece), expected) << piece;
            }
        }
    }
}

TEST(Splits, RepliesDoNotDependOnHowBytesAreSplit) {
    for (const auto& vector : read_manifest(data_folder())) {
        if (vector.direction != "s2c") continue;
        SCOPED_TRACE(vector.path);
        const auto bytes = load_data(vector.path);
        Conversation whole;
        whole.bring(Until::calling);
        Conversation pieces;
        pieces.bring(Until::calling);
        EXPECT_EQ(pieces.back_end(bytes, 11), whole.back_end(bytes));
    }
}

/// The same items as one record, and cut into records at random places.
TEST(Splits, TheVerdictDoesNotDependOnHowACallIsCutIntoRecords) {
    std::mt19937 dice(4711);
    const Bytes calls[] = {
        big_call("Z_BIG", 300).end().bytes(),
        big_call("Z_OTHER", 300).end().bytes(),
        big_call("Z_BIG", 300).add_wide(tag::function, "Z_OTHER").end().bytes(),
        big_call("z_big", 300).end().bytes(),
        big_call("Z_BIG", 300).end().raw("x").bytes(),
        big_call("Z_BIG", 300).bytes(),
        Items::call("Z_BIG")
            .raw({"\x02\x03\xff\xff\0\0\0\x04", 8})
            .raw("abcd\x02\x03")
            .end()
            .bytes(),
        Items::call("Z_BIG")
            .raw({"\x01\x30\xff\xff\0\0\0\x04", 8})
            .raw("abcd\x01\x30")
            .end()
            .bytes(),
    };
    for (const auto& items : calls) {
        auto whole = streaming();
        const auto expected = whole.client(send_frame(items));
        for (int round = 0; round < 50; ++round) {
            Bytes frames;
            for (BytesView rest = items; !rest.empty();) {
                const auto part = rest.first(std::min<std::size_t>(1 + dice() % 90, rest.size()));
                rest = rest.subspan(part.size());
                frames = std::move(frames) + async_frame(part);
            }
            auto cut = streaming();
            const auto outcome = cut.client(frames + receive_frame());
            EXPECT_EQ(to_text(outcome.refusal), to_text(expected.refusal)) << outcome.reason;
            EXPECT_EQ(outcome.closed, expected.closed);
            if (expected.refusal == Refusal::none) {
                EXPECT_EQ(outcome.forwarded, frames + receive_frame());
            }
        }
    }
}

}  // namespace
}  // namespace sallyport::rfc::testing
