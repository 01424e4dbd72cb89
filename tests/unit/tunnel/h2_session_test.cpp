#include "tests/unit/tunnel/h2_end.hpp"

#include <gtest/gtest.h>

namespace sallyport::tunnel {
namespace {

using test::H2End;
using test::H2Recorder;

constexpr std::size_t window = 64 * 1024;

/// A conversation with everything in it, delivered in pieces; what both sides saw.
std::string talk(std::size_t piece) {
    H2Recorder get;
    H2Recorder post;
    H2Recorder socket;
    H2End hub(Role::client);
    H2End agent(Role::server);
    EXPECT_TRUE(hub.get(get, "/get"));
    EXPECT_TRUE(hub.get(post, "/post", true));
    post.gives = std::string(30'000, 'p');
    post.gives_end = true;
    const std::vector<http::Field> upgrade = {{":method", "CONNECT"}, {":protocol", "websocket"},
                                              {":scheme", "http"},    {":authority", "a:1"},
                                              {":path", "/ws"},       {"cookie", "a=b"}};
    EXPECT_TRUE(hub.session.submit_request(socket, upgrade, true));
    EXPECT_TRUE(test::exchange(hub, agent, piece));
    EXPECT_EQ(agent.streams.size(), 3U);
    const std::vector<http::Field> hints = {{":status", "103"}, {"link", "</a>"}};
    agent.session.submit_response(agent.streams[0], hints, false, false);
    agent.answer(agent.streams[0], std::string(20'000, 'g'));
    agent.answer(agent.streams[1], "");
    agent.answer(agent.streams[2], "raw");
    EXPECT_TRUE(test::exchange(hub, agent, piece));
    std::string seen;
    for (const auto* stream :
         {&get, &post, &socket, &agent.streams[0], &agent.streams[1], &agent.streams[2]})
        seen += stream->fields + stream->data + (stream->ended ? "ended\n" : "open\n");
    return seen;
}

TEST(H2Session, SaysTheSameHoweverTheBytesArrive) {
    const auto whole = talk(SIZE_MAX);
    EXPECT_NE(whole.find(":status=103\nlink=</a>\n--\n:status=200\n"), whole.npos);
    EXPECT_NE(whole.find(":protocol=websocket"), whole.npos);
    for (const std::size_t piece : {1U, 2U, 9U, 17U, 1'000U, 16'393U})
        EXPECT_EQ(talk(piece), whole);
}

TEST(H2Session, AStreamThatIsNotReadStopsAtItsWindowAndStopsNoOther) {
    H2Recorder slow;
    H2Recorder fast;
    H2End hub(Role::client);
    H2End agent(Role::server);
    ASSERT_TRUE(hub.get(slow));
    ASSERT_TRUE(hub.get(fast));
    ASSERT_TRUE(test::exchange(hub, agent));
    agent.answer(agent.streams[0], std::string(1'000'000, 's'));
    agent.answer(agent.streams[1], std::string(8'000'000, 'f'));
    std::size_t taken = 0;
    while (!fast.ended) {
        ASSERT_TRUE(test::exchange(hub, agent));
        ASSERT_GT(fast.data.size(), taken);
        hub.session.consume(fast, fast.data.size() - taken);
        taken = fast.data.size();
    }
    EXPECT_EQ(fast.data.size(), 8'000'000U);
    EXPECT_EQ(slow.data.size(), window);
    hub.session.consume(slow, window);
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(slow.data.size(), 2 * window);
}

TEST(H2Session, AWindowThatIsRaisedLetsMoreComeAtOnce) {
    H2Recorder stream;
    H2End hub(Role::client);
    H2End agent(Role::server);
    ASSERT_TRUE(hub.get(stream));
    ASSERT_TRUE(test::exchange(hub, agent));
    agent.answer(agent.streams[0], std::string(1'000'000, 's'));
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(stream.data.size(), window);
    hub.session.set_window(stream, 4 * window);
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(stream.data.size(), 4 * window);
}

TEST(H2Session, DataOfAForgottenStreamCostsTheOthersNothing) {
    H2Options patient;
    patient.resets_per_second_max = 1'000'000;
    H2End hub(Role::client);
    H2End agent(Role::server, patient);
    // Together more than the window of the connection would hold if it was not given back.
    for (int i = 0; i < 20'000; ++i) {
        H2Recorder stream;
        ASSERT_TRUE(hub.get(stream));
        ASSERT_TRUE(agent.receive(hub.produce()));
        agent.answer(agent.streams.back(), std::string(window, 'x'));
        const auto under_way = agent.produce();
        hub.session.forget(stream, H2Code::cancel);
        ASSERT_TRUE(hub.receive(under_way));
        ASSERT_TRUE(test::exchange(hub, agent));
        ASSERT_TRUE(agent.streams.back().closed);
        agent.streams.clear();
    }
    EXPECT_EQ(hub.session.open_streams(), 0U);
}

TEST(H2Session, AStreamWithNothingToGiveLeavesNothingToWrite) {
    H2Recorder stream;
    H2End hub(Role::client);
    H2End agent(Role::server);
    ASSERT_TRUE(hub.get(stream, "/", true));
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_TRUE(hub.produce().empty());  // nor does it spin
    stream.gives = "late";
    stream.gives_end = true;
    hub.session.resume(stream);
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(agent.streams[0].data, "late");
    EXPECT_TRUE(agent.streams[0].ended);
}

TEST(H2Session, ProducesNoMoreThanItWasAskedFor) {
    std::deque<H2Recorder> streams(8);
    H2End hub(Role::client);
    H2End agent(Role::server);
    for (auto& stream : streams) ASSERT_TRUE(hub.get(stream));
    ASSERT_TRUE(test::exchange(hub, agent));
    for (auto& stream : agent.streams) agent.answer(stream, std::string(60'000, 'x'));
    std::string out;
    std::size_t rounds = 0;
    for (; agent.session.wants_write(); ++rounds) {
        out.clear();
        ASSERT_TRUE(agent.session.produce(out, 64 * 1024));
        EXPECT_LE(out.size(), 64 * 1024U);
        EXPECT_FALSE(out.empty());
        ASSERT_TRUE(hub.receive(out));
    }
    EXPECT_LE(rounds, 10U);  // and they are well filled
    for (const auto& stream : streams) EXPECT_EQ(stream.data.size(), 60'000U);
}

TEST(H2Session, AfterAGoawayNothingIsSubmitted) {
    H2Recorder before;
    H2Recorder after;
    H2End hub(Role::client);
    H2End agent(Role::server);
    ASSERT_TRUE(hub.get(before));
    ASSERT_TRUE(test::exchange(hub, agent));
    agent.session.announce_shutdown();
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_TRUE(hub.goaway);
    EXPECT_FALSE(hub.session.accepts_requests());
    EXPECT_EQ(hub.get(after).error().code, Errc::not_begun);
    agent.session.shut_down();
    agent.answer(agent.streams[0], "last");
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(before.data, "last");
    EXPECT_TRUE(hub.session.is_over());
    EXPECT_TRUE(agent.session.is_over());
}

TEST(H2Session, ARequestThatCameTooLateForAGoawayIsRefusedNotLost) {
    H2Recorder crossing;
    H2Recorder waiting;
    H2End hub(Role::client);
    H2End agent(Role::server);
    ASSERT_TRUE(test::exchange(hub, agent));
    agent.session.shut_down();
    const auto goaway = agent.produce();
    ASSERT_TRUE(hub.get(crossing));
    const auto request = hub.produce();
    ASSERT_TRUE(hub.get(waiting));
    ASSERT_TRUE(hub.receive(goaway));
    ASSERT_TRUE(agent.receive(request));
    ASSERT_TRUE(test::exchange(hub, agent));
    for (const auto* stream : {&crossing, &waiting}) {
        EXPECT_TRUE(stream->closed);
        EXPECT_EQ(stream->code, H2Code::refused_stream);
    }
    EXPECT_TRUE(agent.streams.empty());
}

TEST(H2Session, EveryStreamHearsOfTheEndOfTheSession) {
    H2Recorder sent;
    H2Recorder unsent;
    {
        H2End hub(Role::client);
        ASSERT_TRUE(hub.get(sent));
        (void)hub.produce();
        ASSERT_TRUE(hub.get(unsent));
        hub.session.end();
        EXPECT_TRUE(sent.closed);
        EXPECT_TRUE(unsent.closed);
        EXPECT_FALSE(sent.is_open());
        hub.session.reset(sent, H2Code::cancel);  // and what still refers to them does nothing
        hub.session.consume(sent, 1);
    }
    EXPECT_EQ(unsent.code, H2Code::internal_error);
}

TEST(H2Session, AServerThatRefusesAStreamSaysThatNothingWasDone) {
    H2End hub(Role::client);
    H2End agent(Role::server);
    agent.refuses = true;
    H2Recorder stream;
    ASSERT_TRUE(hub.get(stream));
    ASSERT_TRUE(test::exchange(hub, agent));
    EXPECT_EQ(stream.code, H2Code::refused_stream);
    EXPECT_TRUE(hub.session.accepts_requests());
}

TEST(H2Session, TokensAreSentButNeverIndexed) {
    std::deque<H2Recorder> streams(2);
    H2End hub(Role::client);
    const std::string token(200, 'T');
    std::vector<std::size_t> sizes;
    ASSERT_FALSE(hub.produce().empty());
    for (auto& stream : streams) {
        const std::vector<http::Field> fields = {
            {":method", "GET"}, {":scheme", "http"},       {":authority", "a:1"},
            {":path", "/"},     {"x-indexed", "the same"}, {"sallyport-user-token", token}};
        ASSERT_TRUE(hub.session.submit_request(stream, fields, false));
        sizes.push_back(hub.produce().size());
    }
    EXPECT_LT(sizes[1], sizes[0]);           // the others were indexed
    EXPECT_GT(sizes[1], token.size() / 2U);  // the token was not
}

}  // namespace
}  // namespace sallyport::tunnel
