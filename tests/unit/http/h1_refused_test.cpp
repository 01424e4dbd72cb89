#include "http/h1_codec.hpp"

#include <gtest/gtest.h>

#include <string>

/// What two parties could read in two ways, one line each.
namespace sallyport::http::h1 {
namespace {

std::string get_with(std::string_view fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

struct Refused {
    std::string_view why;
    std::string text;
    int status = 400;
};

class RequestIsRefused : public testing::TestWithParam<Refused> {};

TEST_P(RequestIsRefused, Whole) {
    std::string bytes = GetParam().text;
    RequestParse parse;
    ASSERT_EQ(parse_request(bytes, parse), Outcome::refused) << GetParam().why;
    EXPECT_EQ(parse.refusal_status, GetParam().status) << GetParam().why;
    EXPECT_FALSE(parse.refusal_text.empty());
}

TEST_P(RequestIsRefused, ByteByByte) {
    std::string bytes = GetParam().text;
    RequestParse parse;
    auto outcome = Outcome::needs_more;
    for (std::size_t size = 1; size <= bytes.size() && outcome == Outcome::needs_more; ++size)
        outcome = parse_request(std::span(bytes).first(size), parse);
    EXPECT_EQ(outcome, Outcome::refused) << GetParam().why;
}

const Refused refused[] = {
    {"obs-fold", get_with("A: b\r\n c\r\n")},
    {"obs-fold at the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
    {"bare LF after a field", get_with("A: b\nC: d\r\n")},
    {"bare LFs all over", "GET / HTTP/1.1\nHost: a\n\n"},
    {"bare CR in a value", get_with("A: b\rC\r\n")},
    {"bare CR as empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n"},
    {"blank before the colon", get_with("A : b\r\n")},
    {"tabulator before the colon", get_with("A\t: b\r\n")},
    {"no colon", get_with("A\r\n")},
    {"empty name", get_with(": b\r\n")},
    {"name that is no token", get_with("A(b): c\r\n")},
    {"name with a byte above 0x7f", get_with("\xc3\xa4: c\r\n")},
    {"NUL in a value", get_with(std::string("A: b\0c\r\n", 8))},
    {"control character in a value", get_with("A: b\x01\r\n")},
    {"DEL in a value", get_with("A: b\x7f\r\n")},
    {"control character far into a value", get_with("A: 12345678\t12345678\x1f\r\n")},
    {"Content-Length twice, equal", get_with("Content-Length: 5\r\nContent-Length: 5\r\n")},
    {"Content-Length twice, different", get_with("Content-Length: 5\r\nContent-Length: 6\r\n")},
    {"Content-Length as a list", get_with("Content-Length: 5, 5\r\n")},
    {"Content-Length with a sign", get_with("Content-Length: +5\r\n")},
    {"Content-Length in hexadecimal", get_with("Content-Length: 0x5\r\n")},
    {"Content-Length that is empty", get_with("Content-Length:\r\n")},
    {"Content-Length beyond 64 bits", get_with("Content-Length: 18446744073709551616\r\n")},
    {"both framings", get_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
    {"both framings, other order", get_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
    {"chunked twice", get_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
    {"gzip, chunked", get_with("Transfer-Encoding: gzip, chunked\r\n"), 501},
    {"identity", get_with("Transfer-Encoding: identity\r\n"), 501},
    {"chunked with a vertical tab", get_with("Transfer-Encoding: \x0b"
                                             "chunked\r\n")},
    {"xchunked", get_with("Transfer-Encoding: xchunked\r\n"), 501},
    {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"no Host", "GET / HTTP/1.1\r\n\r\n"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
    {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"Host with two names", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n"},
    {"Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
    {"Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"},
    {"Host differs from the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"Host's port differs from the target", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"user information in the target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"absolute form without a host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a scheme that is not http", "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"an asterisk without OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a byte above 0x7e in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a tabulator in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a blank after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
    {"HTTP/0.9", "GET /\r\n\r\n"},
    {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"http in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"},
    {"a long version", "GET / HTTP/1.1111111111\r\nHost: a\r\n\r\n"},
    {"Connection names Host", get_with("Connection: host\r\n")},
    {"Connection names Authorization", get_with("Connection: close, Authorization\r\n")},
    {"Connection names a method override", get_with("Connection: x-http-method\r\n")},
    {"Connection names it with underscores", get_with("Connection: X_HTTP_METHOD_OVERRIDE\r\n")},
    {"Connection names an identity", get_with("Connection: SAP-Connectivity-Authentication\r\n")},
    {"Connection holds no token", get_with("Connection: a b\r\n")},
    {"Connection has too many options",
     get_with("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n")},
};
INSTANTIATE_TEST_SUITE_P(Rfc9112, RequestIsRefused, testing::ValuesIn(refused));

}  // namespace
}  // namespace sallyport::http::h1
