#include "agent/sap_certificates.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::agent::sap {
namespace {

TEST(SapCertificates, AreCalledAsSapCallsThemAndThatOfTheTunnelIsTheAccounts) {
    const std::vector<Account> accounts{
        {.name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = ""}};
    const auto listed = boost::json::parse(R"({"certificates":[
 {"kind":"tunnel","subject":"CN=a","issuer":"CN=ca","serial":"0a","not_after":9000000},
 {"kind":"system","subject":"CN=s","issuer":"CN=ca","serial":"0b","not_after":2},
 {"kind":"admin","subject":"CN=u","issuer":"CN=ca","serial":"0d","not_after":9000000},
 {"kind":"principal-ca","subject":"CN=p","issuer":"CN=p","serial":"0c","not_after":1000060}]})")
                            .as_object();
    const auto all = certificates_of(accounts, listed);
    ASSERT_EQ(all.size(), 4U);
    ASSERT_TRUE(all[0].account);
    EXPECT_EQ(all[0].account->subaccount, "t1");
    EXPECT_EQ(all[1].type, "System");
    EXPECT_EQ(all[1].subject, "CN=s");
    EXPECT_EQ(all[1].ends, Moment(std::chrono::seconds(2)));
    EXPECT_EQ(all[2].type, "UI");
    EXPECT_EQ(all[2].serial, "0d");
    EXPECT_EQ(all[3].type, "CA");
}

}  // namespace
}  // namespace sallyport::agent::sap
