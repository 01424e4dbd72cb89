#include "base/error.hpp"
#include "tests/loop/tunnel_world.hpp"
#include "tunnel/client_stream.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::test {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TunnelFields, TrailersTravelBothWaysWithoutWhatNobodyMaySayThere) {
    TunnelWorld world(echo_body);
    Ask ask;
    ask.method = "POST";
    ask.size = http::BodySize::until_end();
    ask.body = "text";
    ask.trailers = {{"grpc-status", "0"},
                    {"sallyport-user-token", "stolen"},
                    {"ssl_client_cert", "forged"},
                    {"content-type", "late"},
                    {"x-sum", "abc"}};
    const auto& caller = world.call(ask);
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_THAT(caller.answer_trailers(),
                ElementsAre(Pair("grpc-status", "0"), Pair("x-sum", "abc")));
}

TEST(TunnelFields, ResponsesBeforeTheResponsePass) {
    const Script script = [](const http::RequestHead& head, http::Body& up,
                             http::Answer& down) -> net::Task<Result<void>> {
        down.inform(head_of(100, {}));
        const std::vector<http::Field> hints = {{"link", "</style.css>"}};
        down.inform(head_of(103, {}, hints));
        down.inform(head_of(101, {}));  // never as an interim response
        return echo_target(head, up, down);
    };
    TunnelWorld world(script);
    const auto& caller = world.get("/x");
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_THAT(caller.interim(), ElementsAre(100, 103));
    EXPECT_EQ(caller.answer(), "/x");
}

TEST(TunnelFields, AnEndlessRowOfInterimResponsesIsCutOff) {
    const Script script = [](const http::RequestHead& head, http::Body& up,
                             http::Answer& down) -> net::Task<Result<void>> {
        for (int i = 0; i < 1'000; ++i) down.inform(head_of(102, {}));
        return echo_target(head, up, down);
    };
    TunnelWorld world(script);
    const auto& caller = world.get();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_EQ(caller.error(), Errc::protocol);
    EXPECT_EQ(caller.interim().size(), std::size_t{tunnel::ClientStream::informs_max});
}

TEST(TunnelFields, TheReasonPhraseTravelsUnlessItIsTheUsualOne) {
    const Script script = [](const http::RequestHead& head, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        auto answer = head_of(404, http::BodySize::exactly(0));
        answer.reason = head.target == "/usual" ? "Not Found" : "Service not active";
        down.start(answer);
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    const auto& usual = world.get("/usual");
    const auto& other = world.get("/other");
    ASSERT_TRUE(world.finish_all());
    EXPECT_EQ(usual.reason(), "");
    EXPECT_EQ(other.reason(), "Service not active");
    EXPECT_TRUE(other.fields().empty());
}

TEST(TunnelFields, WhatTheHubKnowsArrivesAsFactsAndNothingElseCanSayIt) {
    std::vector<std::string> facts;
    OwnedFields seen;
    const Script script = [&](const http::RequestHead& head, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        facts = {std::string(head.facts.exchange_id), std::string(head.facts.tenant),
                 std::string(head.facts.client), std::string(head.facts.user_token),
                 std::string(head.facts.technical_token)};
        seen = own(head.fields);
        return echo_target(head, up, down);
    };
    TunnelWorld world(script);
    Ask ask;
    ask.facts = {"01J000000000000000000000AB", "acme", "app", "user.token", {}};
    ask.fields = {{"sallyport-user-token", "forged"},
                  {"sallyport-technical-token", "forged"},
                  {"sallyport-anything", "x"},
                  {"accept", "*/*"}};
    ASSERT_TRUE(world.finish(world.call(ask)));
    EXPECT_THAT(facts, ElementsAre("01J000000000000000000000AB", "acme", "app", "user.token", ""));
    EXPECT_THAT(seen, ElementsAre(Pair("accept", "*/*")));
}

TEST(TunnelFields, ReservedAndConnectionFieldsOfAnAnswerAreDropped) {
    const Script script = [](const http::RequestHead&, http::Body&,
                             http::Answer& down) -> net::Task<Result<void>> {
        const std::vector<http::Field> fields = {{"sallyport-reason", "forged"},
                                                 {"sallyport-upgraded", "websocket"},
                                                 {"connection", "close"},
                                                 {"keep-alive", "timeout=5"},
                                                 {"transfer-encoding", "x"},
                                                 {"content-length", "99"},
                                                 {"upgrade", "h2c"},
                                                 {"etag", "\"1\""}};
        down.start(head_of(200, http::BodySize::exactly(0), fields));
        down.finish({});
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    const auto& caller = world.get();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.reason(), "");
    EXPECT_THAT(caller.fields(), ElementsAre(Pair("etag", "\"1\"")));
}

/// So many fields of `bytes` each.
OwnedFields large_fields(std::size_t count, std::size_t bytes) {
    OwnedFields fields;
    for (std::size_t i = 0; i < count; ++i)
        fields.emplace_back("x-" + std::to_string(i), std::string(bytes, 'x'));
    return fields;
}

TEST(TunnelFields, AHeadTooLargeForALinkIsRefusedBeforeItLeaves) {
    TunnelWorld world(echo_target);
    for (const auto& fields : {large_fields(1, 66'000), large_fields(20, 7'000)}) {
        Ask ask;
        ask.fields = fields;
        const auto& large = world.call(ask);
        ASSERT_TRUE(world.finish(large));
        EXPECT_EQ(large.error(), Errc::unsupported);
    }
    for (const auto& fields : {large_fields(1, 65'000), large_fields(20, 6'000)}) {
        Ask ask;
        ask.fields = fields;
        const auto& fits = world.call(ask);
        ASSERT_TRUE(world.finish(fits));
        EXPECT_TRUE(fits.good()) << fits.trouble();
    }
}

TEST(TunnelFields, AnAnswerTooLargeForALinkFailsOnlyItself) {
    const auto one = large_fields(1, 66'000);
    const auto many = large_fields(20, 7'000);
    const Script script = [&](const http::RequestHead& head, http::Body& up,
                              http::Answer& down) -> net::Task<Result<void>> {
        const auto fields = views(head.target == "/one" ? one : many);
        if (head.target == "/trailers") {
            down.start(head_of(200, http::BodySize::until_end()));
            down.finish(fields);
        } else if (head.target != "/ok") {
            down.start(head_of(200, http::BodySize::exactly(0), fields));
            down.finish({});
        } else {
            co_return co_await echo_target(head, up, down);
        }
        co_return Result<void>{};
    };
    TunnelWorld world(script);
    for (const auto* target : {"/one", "/many", "/trailers"}) {
        const auto& large = world.get(target);
        ASSERT_TRUE(world.finish(large));
        EXPECT_FALSE(large.finished());
        EXPECT_NE(large.error(), boost::system::error_code{});
    }
    const auto& fits = world.get("/ok");
    ASSERT_TRUE(world.finish(fits));
    EXPECT_TRUE(fits.good()) << fits.trouble();
}

}  // namespace
}  // namespace sallyport::test
