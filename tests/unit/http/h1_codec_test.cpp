#include "http/h1_codec.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::http::h1 {
namespace {

/// A head in memory that is parsed whole.
struct Request {
    explicit Request(std::string text) : bytes(std::move(text)) {
        outcome = parse_request(bytes, parse);
    }
    std::string bytes;
    RequestParse parse;
    Outcome outcome;
};

struct Response {
    explicit Response(std::string text) : bytes(std::move(text)) {
        outcome = parse_response(bytes, parse);
    }
    std::string bytes;
    ResponseParse parse;
    Outcome outcome;
};

std::string get(std::string_view fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, IsReadAsViewsWithNamesInLowerCase) {
    Request r(
        "POST /a%2Fb?x=1 HTTP/1.1\r\nHost: erp.virtual:44300\r\nX-CSRF-Token:  Fetch \t\r\n"
        "Content-Length: 5\r\nEmpty:\r\n\r\nhello");
    ASSERT_EQ(r.outcome, Outcome::complete);
    const auto& head = r.parse.head;
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/a%2Fb?x=1");
    EXPECT_EQ(head.authority, "erp.virtual:44300");
    EXPECT_EQ(head.body, BodySize::exactly(5));
    ASSERT_EQ(head.fields.size(), 2U);
    EXPECT_EQ(head.fields[0].name, "x-csrf-token");
    EXPECT_EQ(head.fields[0].value, "Fetch");
    EXPECT_EQ(head.fields[1].name, "empty");
    EXPECT_EQ(head.fields[1].value, "");
    EXPECT_EQ(r.parse.head_bytes, r.bytes.size() - 5);
    EXPECT_TRUE(r.parse.keep_alive);
}

TEST(RequestHead, IsTheSameWhereverItIsSplit) {
    const std::string text =
        "\r\nPUT http://erp:80/x HTTP/1.1\r\nhost: ERP\r\nTransfer-Encoding: Chunked\r\n"
        "Connection: close\r\nExpect: 100-continue\r\n\r\n";
    for (std::size_t first = 0; first < text.size(); ++first) {
        std::string bytes = text;
        RequestParse parse;
        ASSERT_EQ(parse_request(std::span(bytes).first(first), parse), Outcome::needs_more)
            << first;
        ASSERT_EQ(parse_request(bytes, parse), Outcome::complete) << first;
        EXPECT_EQ(parse.head_bytes, text.size());
        EXPECT_EQ(parse.head.authority, "erp:80");
        EXPECT_EQ(parse.head.body, BodySize::until_end());
        EXPECT_TRUE(parse.chunked);
        EXPECT_TRUE(parse.expects_continue);
        EXPECT_FALSE(parse.keep_alive);
    }
}

TEST(RequestHead, ByteByByteGivesTheSameAndStaysCheap) {
    std::string bytes = get("A: " + std::string(60'000, 'x') + "\r\n");
    RequestParse parse;
    for (std::size_t size = 1; size < bytes.size(); ++size)
        ASSERT_EQ(parse_request(std::span(bytes).first(size), parse), Outcome::needs_more);
    EXPECT_EQ(parse_request(bytes, parse), Outcome::complete);
}

TEST(RequestHead, AParseIsReusedWithoutTracesOfTheLastMessage) {
    Request r(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ASSERT_EQ(r.outcome, Outcome::complete);
    EXPECT_EQ(r.parse.head.upgrade, "websocket");
    std::string next = get("");
    r.parse.reset();
    ASSERT_EQ(parse_request(next, r.parse), Outcome::complete);
    EXPECT_EQ(r.parse.head.upgrade, "");
    EXPECT_TRUE(r.parse.keep_alive);
    EXPECT_TRUE(r.parse.head.fields.empty());
}

TEST(RequestHead, LimitsHold) {
    std::string fields;
    for (std::size_t i = 1; i < fields_max; ++i) fields += "a: b\r\n";
    EXPECT_EQ(Request(get(fields)).outcome, Outcome::complete);
    Request too_many(get(fields + "a: b\r\n"));
    EXPECT_EQ(too_many.outcome, Outcome::refused);
    EXPECT_EQ(too_many.parse.refusal_status, 431);

    const auto fitting = head_bytes_max - get("a: \r\n").size();
    EXPECT_EQ(Request(get("a: " + std::string(fitting, 'x') + "\r\n")).outcome, Outcome::complete);
    Request too_large(get("a: " + std::string(fitting + 1, 'x') + "\r\n"));
    EXPECT_EQ(too_large.outcome, Outcome::refused);
    EXPECT_EQ(too_large.parse.refusal_status, 431);
}

TEST(RequestHead, TheFourFormsOfTargets) {
    EXPECT_EQ(Request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").outcome, Outcome::complete);
    Request connect("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n");  // as axios sends it
    ASSERT_EQ(connect.outcome, Outcome::complete);
    EXPECT_EQ(connect.parse.head.authority, "a:443");
    Request proxy("GET http://Erp.Virtual?x HTTP/1.1\r\nHost: erp.virtual:80\r\n\r\n");
    ASSERT_EQ(proxy.outcome, Outcome::complete);
    EXPECT_EQ(proxy.parse.head.target, "http://Erp.Virtual?x");
    EXPECT_EQ(proxy.parse.head.authority, "Erp.Virtual");
    EXPECT_EQ(Request("GET https://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n").outcome, Outcome::complete);
    EXPECT_EQ(Request("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").outcome, Outcome::complete);
    EXPECT_EQ(Request("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n").outcome, Outcome::refused);
}

TEST(RequestHead, AnOldClientNeedsNoHostAndHasNoKeepAlive) {
    Request r("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_EQ(r.outcome, Outcome::complete);
    EXPECT_FALSE(r.parse.keep_alive);
    EXPECT_EQ(r.parse.head.authority, "");
    Request expects("POST /x HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_FALSE(expects.parse.expects_continue);
}

TEST(RequestHead, OnlyACleanWebsocketRequestIsAnUpgrade) {
    const std::string both = "Connection: Upgrade\r\nUpgrade: WebSocket\r\n";
    EXPECT_EQ(Request(get(both)).parse.head.upgrade, "websocket");
    EXPECT_EQ(Request(get("Upgrade: websocket\r\n")).parse.head.upgrade, "");
    EXPECT_EQ(Request(get("Connection: Upgrade\r\nUpgrade: h2c\r\n")).parse.head.upgrade, "");
    EXPECT_EQ(Request(get("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n")).parse.head.upgrade,
              "");
    EXPECT_EQ(Request(get(both + "Upgrade: websocket\r\n")).parse.head.upgrade, "");
    EXPECT_EQ(Request(get(both + "Content-Length: 1\r\n")).parse.head.upgrade, "");
    EXPECT_EQ(Request("POST / HTTP/1.1\r\nHost: a\r\n" + both + "\r\n").parse.head.upgrade, "");
    EXPECT_EQ(Request("GET / HTTP/1.0\r\nHost: a\r\n" + both + "\r\n").parse.head.upgrade, "");
}

TEST(ResponseHead, IsReadWithItsReason) {
    Response r(
        "HTTP/1.1 404 Nicht da \xe4\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: "
        "0\r\n\r\n");
    ASSERT_EQ(r.outcome, Outcome::complete);
    EXPECT_EQ(r.parse.head.status, 404);
    EXPECT_EQ(r.parse.head.reason, "Nicht da \xe4");
    EXPECT_EQ(r.parse.head.fields.size(), 2U);
    EXPECT_EQ(r.parse.head.body, BodySize::exactly(0));
    EXPECT_TRUE(r.parse.keep_alive);
}

TEST(ResponseHead, IsTheSameWhereverItIsSplit) {
    const std::string text = "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n";
    for (std::size_t first = 0; first < text.size(); ++first) {
        std::string bytes = text;
        ResponseParse parse;
        ASSERT_EQ(parse_response(std::span(bytes).first(first), parse), Outcome::needs_more);
        ASSERT_EQ(parse_response(bytes, parse), Outcome::complete);
        EXPECT_TRUE(parse.chunked);
        EXPECT_EQ(parse.head.fields.size(), 1U);
    }
}

TEST(ResponseHead, WithoutFramingEndsWithTheConnection) {
    Response r("HTTP/1.0 200 OK\r\n\r\n");
    ASSERT_EQ(r.outcome, Outcome::complete);
    EXPECT_EQ(r.parse.head.body, BodySize::until_end());
    EXPECT_FALSE(r.parse.chunked);
    EXPECT_FALSE(r.parse.keep_alive);
    EXPECT_TRUE(Response("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n").parse.keep_alive);
    EXPECT_EQ(Response("HTTP/1.1 200\r\n\r\n").outcome, Outcome::complete);
}

TEST(ResponseHead, WhatIsNoAnswerIsRefused) {
    for (const std::string_view text :
         {"ICY 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
          "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
          "HTTP/1.1 200 OK\nA: b\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
          "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"})
        EXPECT_EQ(Response(std::string(text)).outcome, Outcome::refused) << text;
}

TEST(SameAuthority, KnowsDefaultPortsAndCase) {
    EXPECT_TRUE(same_authority("A.b", "a.B:80", "80"));
    EXPECT_TRUE(same_authority("a:0080", "a", "80"));
    EXPECT_FALSE(same_authority("a", "a:443", "80"));
    EXPECT_FALSE(same_authority("a", "b", "80"));
    EXPECT_FALSE(same_authority("", "", "80"));
}

TEST(FieldValue, MayHoldTabulatorsAndBytesAbove7f) {
    EXPECT_TRUE(is_field_value("a\tb\xff 12345678\t\t\t\t\t\t\t\t\t"));
    EXPECT_FALSE(is_field_value("12345678\r"));
    EXPECT_FALSE(is_field_value("1234567\n12345678"));
    for (int c = 0; c < 256; ++c) {
        const std::string value = "12345" + std::string(1, static_cast<char>(c)) + "1234567";
        const bool allowed = c == '\t' || (c >= 0x20 && c != 0x7f);
        EXPECT_EQ(is_field_value(value), allowed) << c;
    }
}

}  // namespace
}  // namespace sallyport::http::h1
