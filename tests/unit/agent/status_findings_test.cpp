#include "agent/status_findings.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using daemon::Finding;
using daemon::Verdict;
using testing::HasSubstr;

/// The finding of that id, from a healthy agent's status with `change` in place of its keys.
Finding found(const std::string& id, const std::string& change, const std::string& digest = "abc") {
    auto status = boost::json::parse(R"({"version": "1", "seconds": 5, "configuration": "abc",
        "draining": false, "warnings": [], "ssh": [], "channels": [], "certificates": [],
        "identity": {"name": "spiffe://h/tenant/t/agent/a", "renewal": {"health": "good"}},
        "hubs": [{"name": "prod", "links": [{"link": 0, "state": "up"}]}],
        "audit": {"healthy": true, "on_failure": "block", "forward": []},
        "witnesses": [], "identity_providers": []})")
                      .as_object();
    const auto changes = boost::json::parse(change);
    for (const auto& [key, value] : changes.as_object()) status[key] = value;
    const auto findings = status_findings(status, digest);
    for (const auto& finding : findings.all())
        if (finding.id == id) return finding;
    return {.id = "none"};
}

Verdict verdict(const std::string& id, const std::string& change) {
    return found(id, change).judged.verdict;
}

TEST(StatusFindings, FindsNothingWrongWithAHealthyAgent) {
    const auto status =
        boost::json::parse(R"({"hubs": [{"name": "p", "links": [{"state": "up"}]}]})").as_object();
    EXPECT_EQ(daemon::exit_code_of(status_findings(status, "").all()), 0);
    EXPECT_EQ(verdict("hub.prod.link", "{}"), Verdict::good);
    EXPECT_EQ(verdict("daemon", "{}"), Verdict::good);
    EXPECT_EQ(found("configuration.in_force", "{}").id, "none");
}

TEST(StatusFindings, SaysWhichLinksAreMissingAndWhy) {
    const auto none = found("hub.prod.link", R"({"hubs": [{"name": "prod", "links": [
        {"link": 0, "state": "waiting", "last_error": "no answer"}]}]})");
    EXPECT_EQ(none.judged.verdict, Verdict::failed);
    EXPECT_EQ(none.judged.seen, "0 of 1 link up: no answer");
    // Each worker tells its own.
    const auto some = found("hub.prod.link", R"({"hubs": [
        {"name": "prod", "links": [{"link": 0, "state": "up"}]},
        {"name": "prod", "links": [{"link": 1, "state": "waiting", "last_error": "gone"}]}]})");
    EXPECT_EQ(some.judged.verdict, Verdict::warning);
    EXPECT_EQ(some.judged.seen, "1 of 2 links up: gone");
}

TEST(StatusFindings, SeesAConfigurationThatWasNotReloaded) {
    EXPECT_THAT(found("configuration.in_force", "{}", "other").judged.remedy, HasSubstr("reload"));
    // What an administrator overrides at run time is in no file.
    EXPECT_EQ(found("configuration.in_force", R"({"overrides": [{}]})", "other").id, "none");
    EXPECT_EQ(verdict("configuration.in_force", R"({"last_good": {}})"), Verdict::failed);
}

TEST(StatusFindings, SaysWhatWaitsForARestart) {
    const auto waits =
        found("configuration.restart", R"({"restart_needed": ["[[channel]]", "workers"]})");
    EXPECT_EQ(waits.judged.verdict, Verdict::warning);
    EXPECT_THAT(waits.judged.seen, HasSubstr("[[channel]], workers"));
    EXPECT_EQ(waits.judged.remedy, "systemctl restart sallyport");
    EXPECT_EQ(found("configuration.restart", R"({"restart_needed": []})").id, "none");
}

TEST(StatusFindings, JudgesTheAuditLogAndWhoGetsIt) {
    EXPECT_EQ(verdict("audit.log", R"({"audit": {"healthy": false, "failure": "no space"}})"),
              Verdict::failed);
    EXPECT_EQ(verdict("audit.log", R"({"audit": {"healthy": true, "nearly_full": true}})"),
              Verdict::failed);
    EXPECT_EQ(verdict("audit.log", R"({"audit": {"healthy": true, "broken": "generation-0001"}})"),
              Verdict::failed);
    EXPECT_EQ(verdict("audit.log",
                      R"({"audit": {"healthy": true, "storage": {"watermark_percent": 80}}})"),
              Verdict::warning);
    const std::string siem = R"({"audit": {"forward": [{"name": "siem", "lag_records": 7, )";
    EXPECT_EQ(verdict("forward.siem.state", siem + R"("state": "connected"}]}})"), Verdict::good);
    EXPECT_EQ(verdict("forward.siem.state", siem + R"("state": "waiting"}]}})"), Verdict::warning);
    EXPECT_EQ(verdict("forward.siem.state", siem + R"("state": "connected", "skipped": 3}]}})"),
              Verdict::failed);
    EXPECT_EQ(verdict("witness.w.state", R"({"witnesses": [{"name": "w", "refusal": "fork"}]})"),
              Verdict::failed);
    EXPECT_EQ(verdict("witness.w.state", R"({"witnesses": [{"name": "w", "last_error": "x"}]})"),
              Verdict::warning);
}

TEST(StatusFindings, JudgesCertificatesAndKeysOfProviders) {
    EXPECT_EQ(verdict("enrolment.renewal", R"({"identity": {"renewal": {"health": "critical"}}})"),
              Verdict::failed);
    EXPECT_EQ(verdict("enrolment.renewal",
                      R"({"identity": {"renewal": {"health": "good", "last_error": "x"}}})"),
              Verdict::warning);
    EXPECT_EQ(verdict("certificate.system",
                      R"({"certificates": [{"kind": "system", "warning": "7 days"}]})"),
              Verdict::warning);
    EXPECT_THAT(found("certificate.admin.in_use",
                      R"({"certificates": [{"kind": "admin", "warning": "7 days"}]})")
                    .judged.remedy,
                HasSubstr("reload"));
    const std::string provider = R"({"identity_providers": [{"issuer": "i", )";
    EXPECT_EQ(verdict("identity_provider.i.keys", provider + R"("keys": 0}]})"), Verdict::failed);
    EXPECT_EQ(verdict("identity_provider.i.keys", provider + R"("keys": 2}]})"), Verdict::good);
    EXPECT_EQ(verdict("identity_provider.i.keys", provider + R"("keys": 2, "last_error": "x"}]})"),
              Verdict::warning);
}

TEST(StatusFindings, TakesAnythingForAStatus) {
    for (const auto* text : {R"({})", R"({"hubs": 1, "audit": [], "identity": null})",
                             R"({"hubs": [1, {"links": [true]}], "witnesses": ["x"]})"})
        EXPECT_FALSE(status_findings(boost::json::parse(text).as_object(), "x").all().empty());
}

}  // namespace
}  // namespace sallyport::agent
