#include "agent/sap_certificates.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::agent::sap {
namespace {

TEST(SapCertificates, AreSortedByTheirEndAndCalledAsSapCallsThem) {
    const Moment now{std::chrono::seconds(1'000'000)};
    const std::vector<Account> accounts{
        {.name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = ""}};
    const auto listed = boost::json::parse(R"({"certificates":[
 {"kind":"tunnel","subject":"CN=a","issuer":"CN=ca","serial":"0a","not_after":9000000},
 {"kind":"system","subject":"CN=s","issuer":"CN=ca","serial":"0b","not_after":2},
 {"kind":"admin","subject":"CN=u","issuer":"CN=ca","serial":"0d","not_after":9000000},
 {"kind":"principal-ca","subject":"CN=p","issuer":"CN=p","serial":"0c","not_after":1000060}]})")
                            .as_object();
    const auto all = certificates(accounts, listed, now);
    ASSERT_EQ(all.at("ok").as_array().size(), 2U);
    EXPECT_EQ(all.at("ok").at(0).at("type"), "subaccount");
    EXPECT_EQ(all.at("ok").at(0).at("subaccountName"), "t1");
    EXPECT_EQ(all.at("ok").at(1).at("type"), "UI");
    EXPECT_EQ(all.at("ok").at(1).at("serialNumber"), "0d");
    EXPECT_EQ(all.at("expired").at(0).at("type"), "System");
    EXPECT_EQ(all.at("expiring").at(0).at("type"), "CA");
    EXPECT_EQ(certificates_in(CertificateState::expired, accounts, listed, now).size(), 1U);
}

}  // namespace
}  // namespace sallyport::agent::sap
