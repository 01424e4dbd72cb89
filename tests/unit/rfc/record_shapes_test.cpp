#include "rfc/big_endian.hpp"
#include "rfc/inspector.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

/// A gateway must find the data of a record where they are looked for here, so fields that could
/// move them are as in recorded conversations.
namespace sallyport::rfc::testing {
namespace {

/// One byte of a header that is not as recorded.
struct Change {
    std::size_t at;
    std::uint8_t value;
};

Bytes changed(Bytes frame, Change change) {
    write_u8(frame, frame_head_bytes + change.at, change.value);
    return frame;
}

Bytes items() { return Items::call("STFC_CONNECTION").add(0x0203, "value").end().bytes(); }

/// A record that may stand in a conversation behind `before`, with `after` as its end.
struct Place {
    const char* name;
    Bytes before;
    Bytes record;
    Bytes after;
};

std::vector<Place> data_records() {
    const auto all = items();
    const auto a = BytesView(all).first(10);
    const auto b = BytesView(all).subspan(10, 10);
    const auto c = BytesView(all).subspan(20);
    const auto rest = BytesView(all).subspan(10);
    return {
        {"SAP_SEND", {}, send_frame(all), {}},
        {"first SAP_SEND", {}, send_part_frame(a), last_part_frame(rest)},
        {"RECEIVE between", send_part_frame(a), middle_part_frame(b), last_part_frame(c)},
        {"last RECEIVE", send_part_frame(a), last_part_frame(rest), {}},
        {"ASEND_DATA", {}, async_frame(a), async_frame(rest) + receive_frame()},
        {"SEND_DATA", async_frame(a), async_frame(rest, true), receive_frame()},
        {"RECEIVE", async_frame(all), receive_frame(), {}},
    };
}

Outcome say(const Bytes& frames) {
    Conversation conversation;
    conversation.bring(Until::logged_on);
    return conversation.client(frames);
}

/// What no record with items, none that ends a conversation and none that cancels may say.
constexpr Change never[] = {
    {appc_at::error_bytes, 1},  // an error text before the data
    {appc_at::error_bytes + 1, 24},
    {appc_at::info2, 0x01},  // a long name, a host address, waiting for it
    {appc_at::info2, 0x02},
    {appc_at::info2, 0x04},
    {appc_at::info2, 0x10},
    {appc_at::info2, 0x40},
    {appc_at::info2, 0x80},
    {appc_at::info, 0x02},  // a host address
    {appc_at::info, 0x11},  // an error text
    {appc_at::info, 0x15},
    {appc_at::info, 0x21},  // output and input of a terminal
    {appc_at::info, 0x25},
    {appc_at::info, 0x45},
    {appc_at::info, 0x85},
    {appc_at::info, 0x0d},
    {appc_at::info, 0x04},
    {appc_at::info3, 0x01},  // a code page, options
    {appc_at::info3, 0x40},
    {appc_at::info3, 0x80},
    {appc_at::vector, 0x04},
    {appc_at::vector, 0x10},
    {appc_at::vector, 0x1c},
    {appc_at::parameters + 4, 1},
    {appc_at::parameters + 7, 24},
    {appc_at::code_page, '4'},
    {appc_at::comm - 1, 1},
};

TEST(RecordShape, RecordsAsRecordedPass) {
    for (const auto& place : data_records()) {
        const auto all = place.before + place.record + place.after;
        EXPECT_EQ(say(all).forwarded, all) << place.name;
        const auto async = changed(place.record, {appc_at::info3, info3_flag::async_rfc});
        EXPECT_EQ(say(place.before + async + place.after).refusal, Refusal::none) << place.name;
    }
}

TEST(RecordShape, WhatCouldMoveTheDataOfARecordIsAmbiguous) {
    for (const auto& place : data_records()) {
        for (const auto& change : never) {
            const auto bad = changed(place.record, change);
            const auto outcome = say(place.before + bad + place.after);
            EXPECT_EQ(to_text(outcome.refusal), to_text(Refusal::ambiguous))
                << place.name << " " << change.at << " " << int{change.value};
            EXPECT_TRUE(outcome.forwarded.empty()) << place.name << " " << change.at;
            EXPECT_TRUE(outcome.closed);
        }
    }
}

TEST(RecordShape, EachKindOfRecordHasItsOwnFlags) {
    const std::pair<std::uint8_t, std::uint8_t> flags[] = {{0x05, 0x0c}, {0x01, 0x08}, {0x01, 0x08},
                                                           {0x05, 0x0c}, {0x00, 0x00}, {0x01, 0x00},
                                                           {0x01, 0x00}};
    const auto places = data_records();
    for (std::size_t i = 0; i < places.size(); ++i) {
        for (const auto& [info, vector] : flags) {
            if (std::pair(info, vector) == flags[i]) continue;
            const auto& place = places[i];
            const auto bad =
                changed(changed(place.record, {appc_at::info, info}), {appc_at::vector, vector});
            EXPECT_EQ(to_text(say(place.before + bad + place.after).refusal),
                      to_text(Refusal::ambiguous))
                << place.name << " " << int{info} << " " << int{vector};
        }
    }
}

TEST(RecordShape, AnErrorTextThatHoldsItemsDoesNotHideThem) {
    // Read from byte 80 it is one allowed call; behind the error text, that of another function.
    auto all = Items::call("STFC_CONNECTION");
    const auto hidden = Items::call("Z_SECRET").end().bytes();
    all.add(0x0203, as_text(hidden)).end();
    const auto skipped = static_cast<std::uint8_t>(as_text(all.bytes()).find(as_text(hidden)));
    const auto frame = send_frame(all.bytes());
    EXPECT_EQ(say(frame).refusal, Refusal::none);
    const auto shifted =
        changed(changed(frame, {appc_at::error_bytes + 1, skipped}), {appc_at::info, 0x15});
    EXPECT_EQ(say(shifted).refusal, Refusal::ambiguous);
}

TEST(RecordShape, AReceiveAsksForRecordsOfAKnownSize) {
    const auto before = async_frame(items());
    for (const auto& [wanted, refusal] :
         {std::pair{0x6d60U, Refusal::none}, std::pair{0x8500U, Refusal::none},
          std::pair{0U, Refusal::ambiguous}, std::pair{24U, Refusal::ambiguous}}) {
        auto frame = receive_frame();
        write_u32(frame, frame_head_bytes + appc_at::parameters, wanted);
        EXPECT_EQ(say(before + frame).refusal, refusal) << wanted;
    }
    for (const auto& frame : {send_frame(items()), send_part_frame(items())})
        EXPECT_EQ(say(changed(frame, {appc_at::parameters + 3, 24})).refusal, Refusal::ambiguous);
}

TEST(RecordShape, TheEndAndACancelledCallAreJudgedToo) {
    constexpr std::uint8_t deallocate = 0x0b;
    constexpr std::uint8_t cancel = 0xd5;
    const auto tell = [](std::uint8_t function, const Bytes& frame) {
        Conversation conversation;
        conversation.bring(function == cancel ? Until::calling : Until::logged_on);
        return conversation.client(frame);
    };
    for (const auto function : {deallocate, cancel}) {
        const auto frame = control_frame(function);
        EXPECT_EQ(tell(function, frame).forwarded, frame);
        for (const auto& change : never)
            EXPECT_EQ(tell(function, changed(frame, change)).refusal, Refusal::ambiguous)
                << int{function} << " " << change.at << " " << int{change.value};
        for (const auto& change : {Change{appc_at::parameter_bytes + 1, 8},
                                   Change{appc_at::parameters + 3, 8}, Change{appc_at::info, 0x01}})
            EXPECT_EQ(tell(function, changed(frame, change)).refusal, Refusal::ambiguous);
        const auto hard = changed(frame, {appc_at::info3, 0x04});
        EXPECT_EQ(tell(function, hard).refusal,
                  function == cancel ? Refusal::none : Refusal::ambiguous);
    }
}

TEST(RecordShape, NothingStandsBeforeTheFieldsOfASetUpRecord) {
    struct Case {
        const char* file;
        Until until;
    };
    for (const auto& [file, until] : {Case{"session/03-initialize.bin", Until::gateway},
                                      Case{"session/05-set-partner-lu.bin", Until::initialized},
                                      Case{"session/06-allocate.bin", Until::initialized}}) {
        const auto frame = load_data(file);
        for (const auto& change :
             {Change{appc_at::error_bytes, 1}, Change{appc_at::error_bytes + 1, 128},
              Change{appc_at::info, 0x02}, Change{appc_at::info, 0x15}, Change{appc_at::info, 0x25},
              Change{appc_at::info, 0x45}, Change{appc_at::info, 0x85},
              Change{appc_at::vector, 0x04}}) {
            Conversation conversation;
            conversation.bring(until);
            const auto outcome = conversation.client(changed(frame, change));
            EXPECT_EQ(to_text(outcome.refusal), to_text(Refusal::setup)) << file << change.at;
            EXPECT_TRUE(outcome.forwarded.empty());
        }
        Conversation conversation;
        conversation.bring(until);
        EXPECT_EQ(conversation.client(frame).refusal, Refusal::none);
    }
}

}  // namespace
}  // namespace sallyport::rfc::testing
