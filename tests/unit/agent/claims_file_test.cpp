#include "agent/claims_file.hpp"

#include "base/error.hpp"
#include "certs/token.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view issuer = "https://login.corp.test";

std::vector<IdentityProviderConfig> providers() {
    IdentityProviderConfig other;
    other.issuer = "https://other.corp.test";
    other.any_audience = true;
    IdentityProviderConfig own;
    own.issuer = issuer;
    own.audiences = {"shop", "plant"};
    own.expiration_tolerance = 100s;
    return {own, other};
}

Result<void> judge(const std::string& claims) {
    std::istringstream in(claims);
    const auto read = read_claims("-", in);
    EXPECT_TRUE(read) << claims;
    return check_sample(read->claims, providers(), certs::Time(1'000'000s));
}

TEST(ClaimsFile, WhatIsNotSaidIsTakenAsRight) {
    for (const char* claims : {
             R"({"sub":"1"})",
             R"({"sub":"1","iss":"https://login.corp.test"})",
             R"({"sub":"1","aud":"shop"})",
             R"({"sub":"1","aud":["x","plant"],"exp":1000001})",
             R"({"sub":"1","exp":999850})",
             R"({"sub":"1","iss":"https://other.corp.test","aud":"anybody"})",
         })
        EXPECT_TRUE(judge(claims)) << claims;
}

TEST(ClaimsFile, WhatIsSaidIsJudgedAsInAToken) {
    const std::pair<const char*, certs::TokenFault> cases[] = {
        {R"({"sub":"1","iss":"https://foreign.test"})", certs::TokenFault::issuer},
        {R"({"sub":"1","iss":7})", certs::TokenFault::malformed},
        {R"({"sub":"1","aud":"elsewhere"})", certs::TokenFault::audience},
        {R"({"sub":"1","exp":999839})", certs::TokenFault::expired},
        {R"({"sub":"1","nbf":1000061})", certs::TokenFault::not_yet_valid},
    };
    for (const auto& [claims, fault] : cases) {
        const auto judged = judge(claims);
        ASSERT_FALSE(judged) << claims;
        EXPECT_EQ(judged.error().code, fault) << claims << ": " << judged.error().detail;
    }
    EXPECT_EQ(check_sample({}, {}, certs::Time(1'000'000s)).error().code, Errc::not_found);
}

}  // namespace
}  // namespace sallyport::agent
