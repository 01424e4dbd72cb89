#include "hub/config_changes.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

Config config(const std::string& text) {
    auto parsed = Config::parse("[hub]\nname = \"hub.example.com\"\n" + text, "hub.toml");
    EXPECT_TRUE(parsed);
    return *parsed;
}

TEST(ConfigChanges, AgentsCannotFillTheDiskWithTheAuditLog) {
    const auto bytes = [](const std::string& text) { return config(text).audit.retention.bytes; };
    EXPECT_EQ(bytes(""), 8'589'934'592U);
    EXPECT_EQ(bytes("[audit]\nretention_bytes = 0\n"), 0U);
    EXPECT_EQ(bytes("[audit]\nsegment_bytes = 4294967296\n"), 8'589'934'592U);
    EXPECT_EQ(bytes("[audit]\nretention_bytes = 1000000000\n"), 1'000'000'000U);
}

TEST(ConfigChanges, WhatCanChangeIsTaken) {
    const auto running = config("");
    auto after = config(
        "log_level = \"debug\"\naccess_log = \"all\"\ntoken_lifetime = \"2h\"\n"
        "[limits]\nrequests_per_client = 7\n[tunnel]\nhold_timeout = \"1s\"\n"
        "drain_timeout = \"2s\"\nping_interval = \"3s\"\n"
        "[[certificate]]\nnames = [\"api.example.com\"]\nchain_file = \"/c\"\nkey_file = \"/k\"\n");
    EXPECT_TRUE(keep_what_needs_a_restart(running, after).empty());
    EXPECT_EQ(after.log.level, log::Level::debug);
    EXPECT_EQ(after.access_log, AccessLevel::all);
    EXPECT_EQ(after.token_lifetime, 2h);
    EXPECT_EQ(after.client_limits.requests_max, 7U);
    EXPECT_EQ(after.hold, 1s);
    EXPECT_EQ(after.drain, 2s);
    EXPECT_EQ(after.certificates.size(), 1U);
    EXPECT_NE(after.digest, running.digest);
}

TEST(ConfigChanges, WhereTheLogGoesWaitsForARestart) {
    const auto running = config("");
    auto after = config("[log]\nformat = \"json\"\ntarget = \"stdout\"\nlevel = \"debug\"\n");
    const std::vector<std::string> kept{"log.format", "log.target"};
    EXPECT_EQ(keep_what_needs_a_restart(running, after), kept);
    EXPECT_EQ(after.log, (log::Settings{.level = log::Level::debug}));
}

TEST(ConfigChanges, NamesWhatComesIntoForceAndWhatWaits) {
    const std::string forward = "[[audit.forward]]\nkind = \"journald\"\nname = ";
    const auto running = config(forward + "\"old\"\n" + forward + "\"siem\"\n");
    auto after = config(
        "workers = 3\nlog_level = \"debug\"\ntoken_lifetime = \"2h\"\n[audit]\nlevel = "
        "\"security\"\n" +
        forward + "\"siem\"\nevents = [\"log.*\"]\n" + forward +
        "\"new\"\n[limits]\naborts_burst = 7\n");
    const auto kept = keep_what_needs_a_restart(running, after);
    const auto change = compare(running, after, kept);
    EXPECT_EQ(change.changes_text(),
              "audit.forward old removed; audit.forward siem changed; audit.forward new added; "
              "audit changed; log_level changed; token_lifetime changed; limits changed; "
              "workers waits for a restart");
    EXPECT_EQ(change.categories_text(),
              "AdvancedConnectivity,ApplicationTrust,AuditLogForwarding,AuditLogLevel,"
              "CloudConnectorLoggers,Configuration");
    EXPECT_EQ(compare(running, running, {}).changes_text(), "");
}

TEST(ConfigChanges, WhatNeedsARestartIsNamedAndStaysAsItRuns) {
    const auto running = config("");
    auto after = config(
        "tls = \":8443\"\nproxy = \"127.0.0.1:1\"\nworkers = 3\nallow_plaintext = true\n"
        "state = \"sqlite:///elsewhere/hub.db\"\nadmin_socket = \"/elsewhere/admin.sock\"\n"
        "agent_certificate_lifetime = \"1d\"\n[tunnel]\nmemory_budget_mib = 1\n"
        "[audit]\nkey_kind = \"p256\"\ncheckpoint_interval = \"3s\"\n"
        "heartbeat_interval = \"9s\"\n");
    const std::vector<std::string> expected{"url",
                                            "tls",
                                            "proxy",
                                            "allow_plaintext",
                                            "state",
                                            "admin_socket",
                                            "workers",
                                            "agent_certificate_lifetime",
                                            "audit.key_kind",
                                            "audit.checkpoint_interval",
                                            "audit.heartbeat_interval",
                                            "memory_budget_mib"};
    EXPECT_EQ(keep_what_needs_a_restart(running, after), expected);
    EXPECT_EQ(after.workers, running.workers);
    EXPECT_EQ(after.tls, running.tls);
    EXPECT_TRUE(keep_what_needs_a_restart(running, after).empty());
}

}  // namespace
}  // namespace sallyport::hub
