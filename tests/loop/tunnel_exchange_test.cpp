#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TunnelExchange, AGetArrivesByteForByteAndIsAnswered) {
    OwnedFields seen;
    std::string line;
    const Script script = [&](const http::RequestHead& head, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        line = std::string(head.method) + " " + std::string(head.authority) + " " +
               std::string(head.target);
        seen = own(head.fields);
        EXPECT_EQ(head.body, http::BodySize{});
        EXPECT_EQ(up.state(), http::Body::State::ended);
        return echo_target(head, up, down);
    };
    TunnelWorld world(script);
    Ask ask;
    ask.target = "/a%2Fb;v=1/?q=%zz&r='(x)'";
    ask.fields = {{"accept", "*/*"}, {"cookie", "a=1; b=2"}, {"x-empty", ""}};
    const auto& caller = world.call(ask);
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(line, "GET virtual.test:443 /a%2Fb;v=1/?q=%zz&r='(x)'");
    EXPECT_THAT(
        seen, ElementsAre(Pair("accept", "*/*"), Pair("cookie", "a=1; b=2"), Pair("x-empty", "")));
    EXPECT_EQ(caller.status(), 200);
    EXPECT_EQ(caller.size(), http::BodySize::exactly(ask.target.size()));
    EXPECT_EQ(caller.answer(), ask.target);
}

TEST(TunnelExchange, BodiesOfEveryKindArrive) {
    std::vector<http::BodySize> sizes;
    const Script script = [&](const http::RequestHead& head, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        sizes.push_back(head.body);
        return echo_body(head, up, down);
    };
    TunnelWorld world(script);
    const std::string text(300'000, 'x');
    const std::vector<std::pair<http::BodySize, std::string>> bodies = {
        {{}, ""},
        {http::BodySize::exactly(0), ""},
        {http::BodySize::exactly(text.size()), text},
        {http::BodySize::until_end(), text},
        {http::BodySize::until_end(), ""}};
    for (const auto& [size, body] : bodies) {
        Ask ask;
        ask.method = "POST";
        ask.size = size;
        ask.body = body;
        const auto& caller = world.call(ask);
        ASSERT_TRUE(world.finish(caller));
        EXPECT_TRUE(caller.good()) << caller.trouble();
        EXPECT_EQ(caller.answer(), body);
        EXPECT_EQ(sizes.back(), size);
    }
}

TEST(TunnelExchange, StatusesWithoutABodyHaveNoneWhateverIsWritten) {
    const Script script = [](const http::RequestHead& head, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        const int status = head.target == "/" ? 200 : std::stoi(std::string(head.target.substr(1)));
        const auto size = status == 204 ? http::BodySize{} : http::BodySize::exactly(5);
        down.start(head_of(status, size));
        co_await write_all(down, "hello");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    Ask head;
    head.method = "HEAD";
    const auto& asked = world.call(head);
    const auto& empty = world.get("/204");
    const auto& unchanged = world.get("/304");
    ASSERT_TRUE(world.finish_all());
    for (const auto* caller : {&asked, &empty, &unchanged}) {
        EXPECT_TRUE(caller->good()) << caller->trouble();
        EXPECT_EQ(caller->answer(), "");
    }
    EXPECT_EQ(asked.size(), http::BodySize::exactly(5));
    EXPECT_EQ(empty.status(), 204);
    EXPECT_EQ(unchanged.status(), 304);
}

TEST(TunnelExchange, AnAnswerMayEndBeforeTheRequestDoes) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(413, http::BodySize::exactly(5)));
        co_await write_all(down, "large");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    Ask ask;
    ask.method = "PUT";
    ask.size = http::BodySize::until_end();
    ask.generated_bytes = 3'000'000;
    for (int i = 0; i < 3; ++i) {
        const auto& caller = world.call(ask);
        ASSERT_TRUE(world.finish(caller));
        EXPECT_TRUE(caller.good()) << caller.trouble();
        EXPECT_EQ(caller.answer(), "large");
        EXPECT_LT(caller.sent(), ask.generated_bytes);
    }
    EXPECT_EQ(world.agent->workers(), 1U);
}

TEST(TunnelExchange, AServiceThatOnlyFailsIsAnsweredForByKindOfError) {
    const Script script = [](const http::RequestHead& head, http::Body&,
                             http::Answer&) -> net::Task<Result<void>> {
        if (head.target == "/time") co_return Error{Errc::timed_out, "secret.internal"};
        if (head.target == "/gone") co_return Error{Errc::unavailable, "secret.internal"};
        co_return Error{Errc::failed, "secret.internal"};
    };
    TunnelWorld world(script);
    const auto& time = world.get("/time");
    const auto& gone = world.get("/gone");
    const auto& failed = world.get("/failed");
    ASSERT_TRUE(world.finish_all());
    EXPECT_EQ(time.status(), 504);
    EXPECT_EQ(gone.status(), 502);
    EXPECT_GE(failed.status(), 500);
    for (const auto* caller : {&time, &gone, &failed}) {
        EXPECT_TRUE(caller->good()) << caller->trouble();
        EXPECT_EQ(caller->answer().find("secret"), std::string::npos);
    }
}

TEST(TunnelExchange, AnAnswerThatBreaksOffIsACutNotAShortBody) {
    const Script script = [](const http::RequestHead& head, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, http::BodySize::until_end()));
        co_await write_all(down, "half");
        if (head.target == "/abort") down.abort({Errc::cut, "back end"});
        co_return Error{Errc::cut, "back end"};
    };
    TunnelWorld world(script);
    for (const auto* target : {"/abort", "/error"}) {
        const auto& caller = world.get(target);
        ASSERT_TRUE(world.finish(caller));
        EXPECT_FALSE(caller.finished());
        EXPECT_NE(caller.error(), boost::system::error_code{});
    }
}

TEST(TunnelExchange, AnAnswerShorterThanAnnouncedIsACut) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.start(head_of(200, http::BodySize::exactly(10)));
        co_await write_all(down, "half");
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    const auto& caller = world.get();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_FALSE(caller.finished());
    EXPECT_EQ(caller.error(), Errc::cut);
}

/// However the wire cuts and delays the bytes, the exchanges are the same.
class TunnelWires : public testing::TestWithParam<TunnelOptions> {};

TEST_P(TunnelWires, CarryEveryKindOfExchangeUnharmed) {
    constexpr int exchanges = 10;  // a wire that gives one byte at a time makes each one long
    TunnelWorld world(echo_body, GetParam());
    for (int i = 0; i < exchanges; ++i) {
        Ask ask;
        ask.method = "POST";
        ask.target = "/" + std::to_string(i);
        ask.size = http::BodySize::until_end();
        ask.body = std::string(static_cast<std::size_t>(i) * 997, static_cast<char>('a' + i));
        if (i % 3 == 0) ask.trailers = {{"x-n", std::to_string(i)}};
        world.call(ask);
    }
    ASSERT_TRUE(world.finish_all());
    for (std::size_t i = 0; i < exchanges; ++i) {
        const auto& caller = *world.callers[i];
        EXPECT_TRUE(caller.good()) << caller.trouble();
        EXPECT_EQ(caller.answer(), std::string(i * 997, static_cast<char>('a' + i)));
        EXPECT_EQ(caller.answer_trailers().size(), i % 3 == 0 ? 1U : 0U);
    }
    EXPECT_EQ(world.hub_budget.used(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Wires, TunnelWires,
    testing::Values(TunnelOptions{}, TunnelOptions{.wire = {.room = 256 * 1024, .chunk = 1}},
                    TunnelOptions{.wire = {.room = 7, .chunk = 3}},
                    TunnelOptions{.lossy = LossyOptions{.seed = 1}},
                    TunnelOptions{.lossy = LossyOptions{.seed = 2, .piece_max = 17}}));

}  // namespace
}  // namespace sallyport::test
