#include "daemon/sap_certificates.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::daemon::sap {
namespace {

TEST(SapCertificates, AreSortedByTheirEnd) {
    const Moment now{std::chrono::seconds(1'000'000)};
    const auto in = [&](std::chrono::seconds time) { return now + time; };
    const Account account{
        .name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = ""};
    const std::vector<Certificate> all{
        {.ends = in(std::chrono::days(60)), .account = account},
        {.ends = in(std::chrono::seconds(0)), .type = Certificate::system, .serial = "0b"},
        {.ends = in(std::chrono::days(29)), .type = Certificate::authority},
        {.ends = in(std::chrono::days(30)), .type = Certificate::ui, .serial = "0d"}};
    const auto told = certificates(all, now);
    EXPECT_EQ(told.at("version"), 1);
    ASSERT_EQ(told.at("ok").as_array().size(), 2U);
    EXPECT_EQ(told.at("ok").at(0).at("type"), "subaccount");
    EXPECT_EQ(told.at("ok").at(0).at("subaccountName"), "t1");
    EXPECT_EQ(told.at("ok").at(0).at("subaccountRegion"), "hub.example");
    EXPECT_EQ(told.at("ok").at(1).at("serialNumber"), "0d");
    EXPECT_EQ(told.at("expired").at(0).at("type"), "System");
    EXPECT_EQ(told.at("expiring").at(0).at("type"), "CA");
    EXPECT_EQ(certificates_in(CertificateState::expired, all, now).size(), 1U);
}

TEST(SapCertificates, OfATunnelExpireOnceItsRenewalHasFailedForLong) {
    const Moment now{std::chrono::seconds(1'000'000)};
    const auto is_expiring = [&](std::chrono::seconds left) {
        const std::vector<Certificate> one{{.ends = now + left, .account = Account()}};
        return certificates_in(CertificateState::expiring, one, now).size() == 1;
    };
    EXPECT_FALSE(is_expiring(std::chrono::days(29)));
    EXPECT_FALSE(is_expiring(std::chrono::days(7)));
    EXPECT_TRUE(is_expiring(std::chrono::days(7) - std::chrono::seconds(1)));
}

}  // namespace
}  // namespace sallyport::daemon::sap
