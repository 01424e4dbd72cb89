#include "daemon/certificate_expiry.hpp"

#include "tests/support/test_pki.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using std::chrono::days;
using testing::HasSubstr;
using testing::Not;

certs::Certificate ending_in(const test::TestPki& pki, std::chrono::seconds left) {
    auto content = pki.hub_content({"hub.test"});
    content.not_after = pki.now() + left;
    return pki.issue(content).certificate;
}

TEST(CertificateExpiry, IsToldOfEachNameOnce) {
    const test::TestPki pki;
    const std::vector<WatchedCertificate> all{
        WatchedCertificate::of("hub", ending_in(pki, days(90))),
        WatchedCertificate::of("public", ending_in(pki, days(20)), "a.example"),
        WatchedCertificate::of("public", ending_in(pki, days(5)), "a.example")};
    Metrics metrics;
    add_certificate_expiry(metrics, all);
    const auto at = [&](std::chrono::seconds left) {
        const auto end = std::chrono::floor<std::chrono::seconds>(pki.now() + left);
        return " " + std::to_string(end.time_since_epoch().count()) + "\n";
    };
    EXPECT_THAT(metrics.text(), HasSubstr("{kind=\"hub\",name=\"\"}" + at(days(90))));
    EXPECT_THAT(metrics.text(), HasSubstr("{kind=\"public\",name=\"a.example\"}" + at(days(5))));
    EXPECT_THAT(metrics.text(), Not(HasSubstr(at(days(20)))));

    const auto told = expiry_json(all, pki.now());
    ASSERT_EQ(told.size(), 3U);
    EXPECT_FALSE(told[0].as_object().contains("name"));
    EXPECT_EQ(told[0].at("warning"), "");
    EXPECT_EQ(told[1].at("name"), "a.example");
    EXPECT_EQ(told[1].at("warning"), "30 days");
    const auto text = describe_expiry(told);
    EXPECT_THAT(text, HasSubstr("CERTIFICATE 7 days: public a.example "));
    EXPECT_THAT(text, Not(HasSubstr("hub CN")));
}

TEST(CertificateExpiry, OfTooManyThoseThatEndFirstAreTold) {
    const test::TestPki pki;
    const auto late = ending_in(pki, days(60));
    std::vector<WatchedCertificate> all;
    for (std::size_t i = 0; i < told_certificates_max; ++i)
        all.push_back(WatchedCertificate::of("public", late, std::to_string(i) + ".example"));
    all.push_back(WatchedCertificate::of("public", ending_in(pki, days(3)), "soon.example"));
    const auto told = expiry_json(all, pki.now());
    ASSERT_EQ(told.size(), told_certificates_max);
    EXPECT_EQ(told[0].at("name"), "soon.example");
}

TEST(CertificateExpiry, IsSaidOnceForEachLevelAndName) {
    const test::TestPki pki;
    const auto certificate = ending_in(pki, days(10));
    const std::vector<WatchedCertificate> all{
        WatchedCertificate::of("public", certificate, "a.example"),
        WatchedCertificate::of("admin", certificate)};
    ToldExpiry told;
    const auto said = [&](certs::Time now) { return told.look(all, now); };
    EXPECT_EQ(said(pki.now() - days(30)), 0U);
    EXPECT_EQ(said(pki.now()), 2U);
    EXPECT_EQ(said(pki.now()), 0U);
    EXPECT_EQ(said(pki.now() + days(4)), 2U);
    EXPECT_EQ(said(pki.now()), 0U);  // the clock was set back
    EXPECT_EQ(told.look({}, pki.now()), 0U);
    EXPECT_EQ(said(pki.now() + days(11)), 2U);  // it is there again, and has ended
}

}  // namespace
}  // namespace sallyport::daemon
