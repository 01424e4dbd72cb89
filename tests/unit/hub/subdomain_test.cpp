#include "hub/subdomain.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

const std::vector<std::string> domains{"hub.example.com", "auth.hub.example.com"};

TEST(Subdomain, ReadsOneLabelBeforeAKnownDomain) {
    const std::tuple<const char*, std::optional<std::string>> good[] = {
        {"hub.example.com", std::nullopt},
        {"auth.hub.example.com", std::nullopt},
        {"auth.hub.example.com:443", std::nullopt},
        {"x.auth.hub.example.com", "x"},
        {"X.hub.example.com", "x"},
        {"10.0.0.1", std::nullopt},
        {"[2001:db8::1]", std::nullopt},
    };
    for (const auto& [host, expected] : good) {
        const auto subdomain = subdomain_of(host, domains);
        ASSERT_TRUE(subdomain) << host;
        EXPECT_EQ(*subdomain, expected) << host;
    }
    for (const char* host : {"", ":443", "example.com", "evilhub.example.com", ".hub.example.com",
                             "a.b.hub.example.com", "hub.example.com.evil"})
        EXPECT_FALSE(subdomain_of(host, domains)) << host;
}

}  // namespace
}  // namespace sallyport::hub
