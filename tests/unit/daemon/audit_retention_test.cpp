#include "daemon/audit_retention.hpp"

#include "base/config_reader.hpp"
#include "daemon/audit_config.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Read {
    AuditConfig config;
    std::string problems;
};

Read read(const std::string& text) {
    ConfigProblems problems;
    auto document = read_config("[audit]\n" + text, "f", problems);
    auto table = document.table("audit");
    Read read{.config = read_audit(table), .problems = {}};
    table.done();
    read.problems = problems.text();
    return read;
}

TEST(AuditConfig, KeepsRecordsForAYearInSegmentsOfADay) {
    const auto [config, problems] = read("");
    EXPECT_EQ(problems, "");
    EXPECT_EQ(config.retention, (audit::Retention{.days = 365}));
    EXPECT_EQ(config.segment_bytes, 64U * 1024 * 1024);
    EXPECT_EQ(config.checkpoint_interval, 1s);
    EXPECT_EQ(config.heartbeat_interval, 60s);
}

TEST(AuditConfig, ReadsHowLongAndInWhichPiecesRecordsAreKept) {
    const auto [config, problems] = read(
        "retention_days = 0\nretention_bytes = 10000000\ndisclosure_days = 30\n"
        "segment_bytes = 1048576\ncheckpoint_interval = \"250ms\"\nheartbeat_interval = \"5s\"\n"
        "level = \"off\"\noff_reason = \"a test\"\n");
    EXPECT_EQ(problems, "");
    EXPECT_EQ(config.retention,
              (audit::Retention{.days = 0, .bytes = 10'000'000, .disclosure_days = 30}));
    const auto settings = audit_settings(config, "/folder", "ab", "sallyport");
    EXPECT_EQ(settings.retention, config.retention);
    EXPECT_EQ(settings.segment_bytes_max, 1U << 20);
    EXPECT_EQ(settings.checkpoint_interval, 250ms);
    EXPECT_EQ(settings.heartbeat_interval, 5s);
    const auto policy = audit_policy(config, "ab");
    EXPECT_EQ(policy.retention, config.retention);
    EXPECT_EQ(policy.off_reason, "a test");
    EXPECT_EQ(policy.segment_bytes_max, 1U << 20);
}

TEST(AuditConfig, SaysWhatIsWrong) {
    EXPECT_THAT(read("level = \"off\"").problems, HasSubstr("needs off_reason"));
    EXPECT_THAT(read("segment_bytes = 1000").problems, HasSubstr("segment_bytes"));
    EXPECT_THAT(read("retention_days = 40000").problems, HasSubstr("retention_days"));
    EXPECT_THAT(read("retention_bytes = 1048576").problems, HasSubstr("twice segment_bytes"));
    EXPECT_THAT(read("checkpoint_interval = \"0s\"").problems, HasSubstr("checkpoint_interval"));
}

http::RequestHead head(std::string_view method, std::string_view target) {
    http::RequestHead made;
    made.method = method;
    made.target = target;
    return made;
}

TEST(RetentionOrder, ComesOutAsItWasPutIntoTheTarget) {
    for (const bool dry_run : {true, false})
        for (const auto& days : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(0),
                                 std::optional<std::uint32_t>(365)}) {
            const auto target = retention_target({.keep_days = days, .dry_run = dry_run});
            const auto order = read_retention_order(head("POST", target));
            ASSERT_TRUE(order) << target;
            EXPECT_EQ(order->keep_days, days);
            EXPECT_EQ(order->dry_run, dry_run);
        }
}

TEST(RetentionOrder, NothingElseIsOne) {
    for (const auto* target :
         {"/v1/audit/retention", "/v1/audit/retention/later", "/v1/audit/retention/now?days=1",
          "/v1/audit/retention/now?keep_days=", "/v1/audit/retention/now?keep_days=-1",
          "/v1/audit/retention/now?keep_days=99999", "/v1/audit/retention/now?keep_days=1&x"})
        EXPECT_FALSE(read_retention_order(head("POST", target))) << target;
    EXPECT_FALSE(read_retention_order(head("GET", "/v1/audit/retention/now")));
}

}  // namespace
}  // namespace sallyport::daemon
