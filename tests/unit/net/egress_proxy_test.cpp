#include "net/egress_proxy.hpp"

#include "base/error.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::net {
namespace {

using test::MemoryDuplex;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct Asked {
    Result<void> done;
    std::string heard;  // by the proxy
};

Task<void> ask(Loop& loop, Duplex& wire, const ProxyRequest& request, Deadline deadline,
               Result<void>& done) {
    done = co_await connect_through_proxy(loop, wire, request, deadline);
}

Asked ask(std::string_view answer, const ProxyRequest& request = {.host = "hub.test"},
          test::WireOptions options = {}, bool ends = false) {
    Loop loop;
    auto [ours, proxys] = MemoryDuplex::pair(options);
    EXPECT_EQ(proxys->write(as_bytes(answer)).bytes, answer.size());
    if (ends) proxys->finish();
    Asked asked{Error{Errc::failed, "not run"}, {}};
    TaskGroup group(loop);
    group.spawn("ask", ask(loop, *ours, request, deadline_in(200ms), asked.done));
    EXPECT_TRUE(test::run_until_done(loop, group));
    asked.heard = ours->outgoing().bytes;
    return asked;
}

TEST(EgressProxy, AsksForTheTargetAndGetsATunnel) {
    const auto asked = ask("HTTP/1.1 200 Connection established\r\n\r\n");
    EXPECT_TRUE(asked.done);
    EXPECT_EQ(asked.heard, "CONNECT hub.test:443 HTTP/1.1\r\nHost: hub.test:443\r\n\r\n");
}

TEST(EgressProxy, SendsBasicCredentialsAndBracketsAnAddress) {
    const Secret credentials("Aladdin:open sesame");  // the example of RFC 7617 section 2
    const auto asked = ask("HTTP/1.0 200 OK\nVia: x\n\n",
                           {.host = "2001:db8::1", .port = 8443, .credentials = &credentials});
    EXPECT_TRUE(asked.done);
    EXPECT_EQ(asked.heard,
              "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
              "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST(EgressProxy, AnAnswerMayComeInPieces) {
    EXPECT_TRUE(
        ask("HTTP/1.1 200 OK\r\nProxy-Agent: squid\r\n\r\n", {.host = "hub.test"}, {.chunk = 1})
            .done);
}

TEST(EgressProxy, RefusedCredentialsNameTheirFile) {
    const Secret credentials("me:wrong");
    const auto asked =
        ask("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            {.host = "hub.test", .credentials = &credentials, .credentials_file = "/etc/p.cred"});
    EXPECT_EQ(asked.done.error().code, Errc::unauthorized);
    EXPECT_THAT(asked.done.error().detail, HasSubstr("the credentials in /etc/p.cred"));
    EXPECT_THAT(ask("HTTP/1.1 407 X\r\n\r\n").done.error().detail,
                HasSubstr("proxy_credentials_file"));
}

TEST(EgressProxy, OtherRefusalsAreRepeatedWithoutControlCharacters) {
    const auto denied = ask("HTTP/1.1 403 Forb\x1bidden\r\n\r\n");
    EXPECT_EQ(denied.done.error().code, Errc::denied);
    EXPECT_THAT(denied.done.error().detail, HasSubstr("hub.test:443: 403 Forb?idden; have"));
    EXPECT_EQ(ask("HTTP/1.1 503\r\n\r\n").done.error().code, Errc::unavailable);
}

TEST(EgressProxy, WhatIsNoHttpAnswerIsAProtocolError) {
    for (const auto* answer : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 2x0 OK\n\n",
                               "HTTP/2.0 200 OK\r\n\r\n"})
        EXPECT_EQ(ask(answer).done.error().code, Errc::protocol) << answer;
    // Nothing may come before our ClientHello.
    EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n\r\nmore").done.error().code, Errc::protocol);
}

TEST(EgressProxy, AnAnswerWithoutEndIsBoundedInSizeAndTime) {
    EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n" + std::string(20'000, 'x')).done.error().code, Errc::limit);
    EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n").done.error().code, Errc::timed_out);
    EXPECT_EQ(ask("HTTP/1.1 200", {.host = "hub.test"}, {}, true).done.error().code, Errc::cut);
}

TEST(EgressProxy, AHostNameCannotAddFields) {
    const auto asked = ask("", {.host = "hub.test\r\nX: y"});
    EXPECT_EQ(asked.done.error().code, Errc::malformed);
    EXPECT_EQ(asked.heard, "");
}

}  // namespace
}  // namespace sallyport::net
