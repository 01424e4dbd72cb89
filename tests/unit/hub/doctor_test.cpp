#include "hub/doctor.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using daemon::Verdict;

Verdict verdict(const std::string& id, const std::string& status) {
    const auto findings = status_findings(boost::json::parse(status).as_object());
    for (const auto& finding : findings.all())
        if (finding.id == id) return finding.judged.verdict;
    return Verdict::skipped;
}

TEST(HubDoctor, FindsWhatTheRunningHubSaysOfItself) {
    EXPECT_EQ(verdict("agents", R"({"agents": []})"), Verdict::warning);
    EXPECT_EQ(verdict("agents", R"({"agents": [{"name": "a"}]})"), Verdict::good);
    EXPECT_EQ(verdict("configuration.restart", R"({"restart_needed": ["workers"]})"),
              Verdict::warning);
    EXPECT_EQ(verdict("configuration.in_force", "{}"), Verdict::skipped);
    EXPECT_EQ(verdict("witness.alarms", R"({"witness": {"alarms": [{}]}})"), Verdict::failed);
    EXPECT_EQ(verdict("audit.log", R"({"audit": {"healthy": false}})"), Verdict::failed);
    EXPECT_EQ(verdict("certificate.public.a.example.in_use", R"({"certificates": [
                  {"kind": "public", "name": "a.example", "warning": "7 days"}]})"),
              Verdict::warning);
    EXPECT_EQ(verdict("certificate.hub.in_use", R"({"certificates": [1,
                  {"kind": "hub", "warning": ""}]})"),
              Verdict::skipped);
}

}  // namespace
}  // namespace sallyport::hub
