#include "net/endpoint.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::net {
namespace {

TEST(Endpoint, ReadsLiteralsAndNothingElse) {
    EXPECT_EQ(Endpoint::literal("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
    EXPECT_EQ(Endpoint::literal("::1", 80)->to_string(), "[::1]:80");
    EXPECT_EQ(Endpoint::literal("[2001:DB8::1]", 443)->to_string(), "[2001:db8::1]:443");
    EXPECT_EQ(Endpoint::literal("::1", 80)->port(), 80);
    for (const auto* name : {"", "localhost", "127.1", "[127.0.0.1]", "1.2.3.4.5", "[]", "0x7f.1"})
        EXPECT_FALSE(Endpoint::literal(name, 80)) << name;
    using namespace std::string_view_literals;
    EXPECT_FALSE(Endpoint::literal("127.0.0.1\0x"sv, 80));
}

TEST(HostPort, SeparatesHostAndPort) {
    EXPECT_EQ(HostPort::parse("hub.test:443")->host, "hub.test");
    EXPECT_EQ(HostPort::parse(":0")->host, "");
    EXPECT_EQ(HostPort::parse("[::1]:65535")->host, "::1");
    EXPECT_EQ(HostPort::parse("[::1]:65535")->port, 65535);
    for (const auto* wrong :
         {"", "hub", "hub:", "hub:x", "hub:65536", "hub:-1", "[::1:443", "[]:1"})
        EXPECT_EQ(HostPort::parse(wrong).error().code, Errc::malformed) << wrong;
    EXPECT_THAT(HostPort::parse("::1:443").error().detail, testing::HasSubstr("in brackets"));
}

TEST(Interleave, AlternatesTheFamiliesAndKeepsTheFirstChoice) {
    // RFC 8305 section 4.
    std::vector<Endpoint> endpoints;
    for (const auto* host : {"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"})
        endpoints.push_back(*Endpoint::literal(host, 1));
    std::vector<std::string> order;
    for (const auto& endpoint : interleave(endpoints)) order.push_back(endpoint.to_string());
    EXPECT_THAT(order,
                testing::ElementsAre("[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"));
    EXPECT_TRUE(interleave({}).empty());
}

}  // namespace
}  // namespace sallyport::net
