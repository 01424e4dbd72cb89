#include "tests/unit/tunnel/h2_end.hpp"
#include "tests/unit/tunnel/h2_frames.hpp"

#include <gtest/gtest.h>

/// What a peer that breaks the rules can do, frame by frame.
namespace sallyport::tunnel {
namespace {

using test::H2End;
using test::H2Recorder;
namespace frames = test::frames;

/// The peer learns that the connection is over: the session ends by an error or a GOAWAY.
bool is_stopped(H2End& end) {
    (void)end.produce();
    return end.broken || end.session.is_over();
}

/// A client session that has asked for something and knows the server's settings.
struct Asking {
    Asking() {
        EXPECT_TRUE(end.get(stream));
        EXPECT_FALSE(end.produce().empty());
        EXPECT_TRUE(end.receive(frames::frame(frames::settings, 0, 0, "") +
                                frames::frame(frames::settings, frames::ack, 0, "")));
    }
    H2Recorder stream;
    H2End end{Role::client};
};

TEST(H2Attack, RapidResetsAreTakenUpToALimitAndThenEndTheConnection) {
    H2Options options;
    options.resets_per_second_max = 100;
    for (const std::uint32_t count : {50U, 1'000U}) {
        H2End agent(Role::server, options);
        std::string text = frames::client_hello();
        for (std::uint32_t i = 0; i < count; ++i)
            text += frames::get(2 * i + 1) +
                    frames::frame(frames::reset, 0, 2 * i + 1, frames::number(8, 4));
        agent.receive(text);
        EXPECT_EQ(is_stopped(agent), count > 100) << count;
        EXPECT_EQ(agent.session.open_streams(), 0U);
    }
}

TEST(H2Attack, AnEndlessRowOfContinuationsEndsTheConnection) {
    H2End agent(Role::server);
    std::string text =
        frames::client_hello() + frames::frame(frames::headers, 0, 1, frames::get_block());
    for (int i = 0; i < 100; ++i)
        text += frames::frame(frames::continuation, 0, 1, frames::literal("x", "y"));
    agent.receive(text);
    EXPECT_TRUE(is_stopped(agent));
    EXPECT_LE(agent.streams.at(0).fields.size(), 200U);
}

TEST(H2Attack, PingsAndSettingsThatAreNotReadBackAreBounded) {
    for (const auto& frame : {frames::frame(frames::ping, 0, 0, "12345678"),
                              frames::frame(frames::settings, 0, 0, "")}) {
        H2End agent(Role::server);
        std::string text = frames::client_hello();
        for (int i = 0; i < 5'000; ++i) text += frame;
        agent.receive(text);
        EXPECT_TRUE(is_stopped(agent));
    }
}

TEST(H2Attack, MoreStreamsThanAgreedAreRefused) {
    H2Options options;
    options.streams_max = 10;
    H2End agent(Role::server, options);
    ASSERT_TRUE(agent.receive(frames::client_hello()));
    (void)agent.produce();
    ASSERT_TRUE(agent.receive(frames::frame(frames::settings, frames::ack, 0, "")));
    std::string text;
    for (std::uint32_t i = 0; i < 1'000; ++i) text += frames::get(2 * i + 1);
    agent.receive(text);
    EXPECT_LE(agent.streams.size(), 10U);
}

TEST(H2Attack, WhatOnlyAClientMaySayIsAnErrorFromAServer) {
    for (const auto& frame :
         {frames::get(2), frames::frame(frames::headers, frames::end_headers, 3, "\x88"),
          frames::frame(frames::push_promise, frames::end_headers, 1,
                        frames::number(2, 4) + frames::get_block()),
          frames::frame(frames::settings, 0, 0, frames::setting(2, 1)),
          frames::frame(frames::data, 0, 7, "x"),
          frames::frame(frames::window_update, 0, 0, frames::number(0, 4)),
          frames::frame(frames::continuation, frames::end_headers, 1, "\x88")}) {
        Asking hub;
        hub.end.receive(frame);
        EXPECT_TRUE(is_stopped(hub.end)) << int{frame[3]} << " on " << int{frame[8]};
    }
}

TEST(H2Attack, APushBeforeOurSettingsWereReadTouchesNoRequest) {
    H2Recorder stream;
    H2End hub(Role::client);
    ASSERT_TRUE(hub.get(stream));
    (void)hub.produce();
    hub.receive(frames::frame(frames::settings, 0, 0, "") +
                frames::frame(frames::push_promise, frames::end_headers, 1,
                              frames::number(2, 4) + frames::get_block()) +
                frames::frame(frames::headers, frames::end_headers, 2, "\x88") +
                frames::frame(frames::data, 0, 2, "pushed"));
    (void)hub.produce();
    EXPECT_EQ(stream.fields, "");
    EXPECT_EQ(stream.data, "");
}

TEST(H2Attack, AnAnswerThatBreaksTheRulesOfHttpResetsItsStreamOnly) {
    const auto with = [](std::string_view name, std::string_view value) {
        return "\x88" + frames::literal(name, value);
    };
    for (const auto& block :
         {frames::literal("x", "no status"), "\x88" + std::string("\x88"),
          frames::literal(":status", "101"), with("connection", "close"),
          with("transfer-encoding", "chunked"), with(":path", "/"), with("content-length", "-1"),
          with("content-length", "1") + frames::literal("content-length", "2")}) {
        Asking hub;
        hub.end.receive(frames::frame(frames::headers, frames::end_headers, 1, block));
        (void)hub.end.produce();
        EXPECT_TRUE(hub.stream.closed) << block;
        EXPECT_FALSE(hub.end.broken);
        EXPECT_TRUE(hub.end.session.accepts_requests());
    }
}

TEST(H2Attack, ABodyOfAnotherLengthThanAnnouncedIsNotAWholeBody) {
    for (const auto* body : {"four", "sixsix"}) {
        Asking hub;
        hub.end.receive(frames::frame(frames::headers, frames::end_headers, 1,
                                      "\x88" + frames::literal("content-length", "5")) +
                        frames::frame(frames::data, frames::end_stream, 1, body));
        (void)hub.end.produce();
        EXPECT_TRUE(hub.stream.closed);
        EXPECT_FALSE(hub.stream.ended);
    }
}

TEST(H2Attack, MoreDataThanTheWindowAllowsEndsTheStream) {
    Asking hub;
    std::string text = frames::frame(frames::headers, frames::end_headers, 1, "\x88");
    for (int i = 0; i < 10; ++i)
        text += frames::frame(frames::data, 0, 1, std::string(16'384, 'x'));
    hub.end.receive(text);
    (void)hub.end.produce();
    EXPECT_TRUE(hub.stream.closed || is_stopped(hub.end));
    EXPECT_LE(hub.stream.data.size(), 64 * 1024U + 16 * 1024U);  // the frame that broke it
}

TEST(H2Attack, AWindowThatStartsAtZeroAndIsRaisedLetsTheAnswerGo) {
    H2End agent(Role::server);
    ASSERT_TRUE(agent.receive(frames::client_hello(frames::setting(4, 0)) + frames::get(1)));
    agent.answer(agent.streams.at(0), std::string(100'000, 'x'));
    const auto head = agent.produce();
    EXPECT_LT(head.size(), 500U);
    ASSERT_TRUE(agent.receive(frames::frame(frames::settings, 0, 0, frames::setting(4, 30'000))));
    const auto first = agent.produce();
    EXPECT_GE(first.size(), 30'000U);
    EXPECT_LT(first.size(), 31'000U);
}

TEST(H2Attack, AWindowThatIsLoweredBelowZeroAndRaisedAgainDoesNotStall) {
    H2End agent(Role::server);
    ASSERT_TRUE(agent.receive(frames::client_hello(frames::setting(4, 20'000)) + frames::get(1)));
    agent.answer(agent.streams.at(0), std::string(50'000, 'x'));
    EXPECT_GE(agent.produce().size(), 20'000U);
    ASSERT_TRUE(agent.receive(frames::frame(frames::settings, 0, 0, frames::setting(4, 100))));
    EXPECT_LT(agent.produce().size(), 100U);
    ASSERT_TRUE(
        agent.receive(frames::frame(frames::window_update, 0, 1, frames::number(25'000, 4))));
    const auto more = agent.produce();
    EXPECT_GE(more.size(), 5'000U);
    EXPECT_LT(more.size(), 6'000U);
}

TEST(H2Attack, TinyWindowsDoNotMakeItSpin) {
    H2End agent(Role::server);
    ASSERT_TRUE(agent.receive(frames::client_hello(frames::setting(4, 1)) + frames::get(1)));
    agent.answer(agent.streams.at(0), std::string(100, 'x'));
    (void)agent.produce();
    for (int i = 0; i < 99; ++i) {
        ASSERT_TRUE(
            agent.receive(frames::frame(frames::window_update, 0, 1, frames::number(1, 4))));
        EXPECT_LE(agent.produce().size(), 10U);
    }
    EXPECT_TRUE(agent.streams[0].closed);
}

TEST(H2Attack, ThePrefaceMustBeTheRightOne) {
    for (const std::string_view text :
         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX"}) {
        H2End agent(Role::server);
        agent.receive(text);
        EXPECT_TRUE(is_stopped(agent)) << text;
    }
}

}  // namespace
}  // namespace sallyport::tunnel
