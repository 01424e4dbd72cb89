#include "http/simple_service.hpp"

#include "http/fetch.hpp"
#include "http/h1_connection.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/wire_talk.hpp"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

net::Task<SimpleResponse> mirror(const SimpleRequest& request) {
    if (request.head.target == "/large")
        co_return SimpleResponse{.body = std::string(700'000, 'y')};
    if (request.head.target == "/too-large")
        co_return SimpleResponse{.body = std::string(2'000'000, 'y')};
    co_return SimpleResponse{.status = 201,
                             .content_type = "text/plain",
                             .body = std::string(request.head.method) + request.body,
                             .fields = {{"x-a", "1"}}};
}

/// A fetch over a memory wire, against our own server with a SimpleService.
struct FetchWorld {
    Result<FetchResponse> fetch_over(test::WireOptions options, FetchRequest request) {
        auto [ours, theirs] = test::MemoryDuplex::pair(options);
        H1Connection connection(loop, sweep, std::move(theirs), service, limits);
        net::TaskGroup group(loop);
        group.spawn("server", serve(connection));
        group.spawn("client", run(*ours, std::move(request)));
        EXPECT_TRUE(test::run_until_done(loop, group));
        return response;
    }
    /// Against a server that says what the test says.
    Result<FetchResponse> fetch_from(std::string_view answer, bool ends,
                                     FetchRequest request = {}) {
        auto [ours, theirs] = test::MemoryDuplex::pair();
        test::WireTalk server(loop, std::move(theirs));
        server.say(answer);
        if (ends) server.finish();
        net::TaskGroup group(loop);
        request.host = "a";
        group.spawn("client", run(*ours, std::move(request)));
        EXPECT_TRUE(test::run_until_done(loop, group));
        return response;
    }
    net::Task<void> serve(H1Connection& connection) { (void)co_await connection.run(); }
    net::Task<void> run(net::Duplex& wire, FetchRequest request) {
        response = co_await fetch(loop, wire, std::move(request), net::deadline_in(timeout));
    }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    ServerLimits limits;
    SimpleService service{mirror};
    std::chrono::milliseconds timeout = 10s;
    Result<FetchResponse> response = Error{};
};

TEST(Fetch, AndSimpleServiceUnderstandEachOther) {
    for (const std::size_t chunk : {std::size_t{1}, SIZE_MAX}) {
        FetchWorld world;
        const auto got = world.fetch_over(
            {.chunk = chunk}, {.method = "POST", .target = "/x", .host = "a", .body = "hello"});
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, 201);
        EXPECT_EQ(got->body, "POSThello");
        EXPECT_EQ(got->field("x-a"), "1");
        EXPECT_EQ(got->field("content-type"), "text/plain");
        EXPECT_EQ(got->field("none"), "");
    }
}

TEST(Fetch, TakesBodiesUpToItsLimit) {
    FetchWorld world;
    const auto large = world.fetch_over({.room = 1000}, {.target = "/large", .host = "a"});
    ASSERT_TRUE(large);
    EXPECT_EQ(large->body.size(), 700'000U);
    const auto too_large = world.fetch_over({}, {.target = "/too-large", .host = "a"});
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().code, Errc::limit);
}

TEST(SimpleService, RefusesABodyAboveItsLimit) {
    FetchWorld world;
    const auto got =
        world.fetch_over({}, {.method = "POST", .host = "a", .body = std::string(1'100'000, 'x')});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 413);
    EXPECT_NE(got->body.find("body_too_large"), std::string::npos);
}

TEST(Fetch, ReadsEveryFraming) {
    FetchWorld world;
    auto got = world.fetch_from(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        false);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, "abc");
    got = world.fetch_from("HTTP/1.0 200 OK\r\n\r\nabc", true);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, "abc");
    got =
        world.fetch_from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, {.method = "HEAD"});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, "");
}

TEST(Fetch, SaysWhatWentWrong) {
    FetchWorld world;
    EXPECT_EQ(
        world.fetch_from("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", true).error().code,
        Errc::cut);
    EXPECT_EQ(world.fetch_from("", true).error().code, Errc::cut);
    EXPECT_EQ(world.fetch_from("220 mail.corp ESMTP\r\n", false).error().code, Errc::protocol);
    EXPECT_EQ(world.fetch_from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", false)
                  .error()
                  .code,
              Errc::protocol);
    EXPECT_EQ(world.fetch_from("", false, {.target = "/a b"}).error().code, Errc::malformed);
    world.timeout = 1ms;
    EXPECT_EQ(world.fetch_from("HTTP/1.1 200 OK\r\n", false).error().code, Errc::timed_out);
}

}  // namespace
}  // namespace sallyport::http
