#include "agent/hub_address.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

TEST(HubAddress, ReadsHostAndPort) {
    const struct {
        const char* url;
        const char* host;
        std::uint16_t port;
        const char* authority;
    } table[] = {{"https://hub.example.com", "hub.example.com", 443, "hub.example.com:443"},
                 {"https://hub.example.com:8443/", "hub.example.com", 8443, "hub.example.com:8443"},
                 {"https://127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1"},
                 {"https://[::1]:8443", "::1", 8443, "[::1]:8443"}};
    for (const auto& row : table) {
        const auto address = HubAddress::from_https_url(row.url);
        ASSERT_TRUE(address) << row.url;
        EXPECT_EQ(address->host, row.host);
        EXPECT_EQ(address->port, row.port);
        EXPECT_EQ(address->authority(), row.authority);
    }
    EXPECT_EQ(HubAddress::from_proxy_url("http://proxy.corp")->port, 3128);
}

TEST(HubAddress, RefusesWhatNamesMoreOrLess) {
    for (const char* url : {"", "hub.example.com", "http://hub.example.com", "https://",
                            "https://u:p@hub", "https://h/x", "https://h?q", "https://h#f",
                            "https://h:0", "https://h:65536", "https://h:x"})
        EXPECT_FALSE(HubAddress::from_https_url(url)) << url;
}

}  // namespace
}  // namespace sallyport::agent
