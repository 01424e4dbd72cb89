#include "hub/doctor.hpp"

#include "tests/support/test_pki.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using daemon::Verdict;
using testing::HasSubstr;

TEST(HubDoctor, JudgesTheCertificatesThatItShows) {
    const test::TestPki pki;
    const std::vector<std::string> names{"hub.test", "*.hub.test"};
    const auto of = [&](const test::Held& held, std::span<const std::string> wanted,
                        certs::Time now) {
        return judge_shown(held.certificate, wanted, Renewal::by_hand, now);
    };
    auto long_lived = pki.hub_content(names);
    long_lived.not_after = pki.now() + std::chrono::days(90);
    EXPECT_EQ(of(pki.issue(long_lived), names, pki.now()).verdict, Verdict::good);
    EXPECT_EQ(of(pki.hub(names), names, pki.now()).verdict, Verdict::warning);  // ends soon
    EXPECT_THAT(of(pki.hub({"hub.test"}), names, pki.now()).seen, HasSubstr("not for *.hub.test"));
    const auto expired = of(pki.expired_hub(), {}, pki.now());
    EXPECT_EQ(expired.verdict, Verdict::failed);
    EXPECT_THAT(expired.remedy, HasSubstr("sallyport-hub reload"));
    EXPECT_THAT(
        judge_shown(pki.expired_hub().certificate, {}, Renewal::by_itself, pki.now()).remedy,
        HasSubstr("Restart the hub"));
}

Verdict verdict(const std::string& id, const std::string& status) {
    const auto findings = status_findings(boost::json::parse(status).as_object());
    for (const auto& finding : findings.all())
        if (finding.id == id) return finding.judged.verdict;
    return Verdict::skipped;
}

TEST(HubDoctor, FindsWhatTheRunningHubSaysOfItself) {
    EXPECT_EQ(verdict("agents", R"({"agents": []})"), Verdict::warning);
    EXPECT_EQ(verdict("agents", R"({"agents": [{"name": "a"}]})"), Verdict::good);
    EXPECT_EQ(verdict("configuration.in_force", R"({"restart_needed": ["workers"]})"),
              Verdict::warning);
    EXPECT_EQ(verdict("configuration.in_force", "{}"), Verdict::skipped);
    EXPECT_EQ(verdict("witness.alarms", R"({"witness": {"alarms": [{}]}})"), Verdict::failed);
    EXPECT_EQ(verdict("audit.log", R"({"audit": {"healthy": false}})"), Verdict::failed);
}

}  // namespace
}  // namespace sallyport::hub
