#include "daemon/audit_query.hpp"

#include "base/error.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

const audit::WallTime asked_at = *audit::parse_rfc3339("2026-06-01T12:00:00Z");

TEST(AuditQuery, IsReadAsTheCommandHasIt) {
    const auto query = read_audit_query(R"({"since": "1h", "virtual_host": "erp*", "location": "",
        "outcome": "refused", "from": 7, "to": 9, "limit": 500})",
                                        asked_at);
    ASSERT_TRUE(query) << query.error().detail;
    EXPECT_EQ(query->filter.since, asked_at - std::chrono::hours(1));
    EXPECT_EQ(query->filter.virtual_host, "erp*");
    EXPECT_EQ(query->filter.location, "");
    EXPECT_EQ(query->filter.from, 7U);
    EXPECT_EQ(query->filter.to, 9U);
    EXPECT_EQ(query->findings, 500U);
    EXPECT_EQ(query->filter.personal, audit::Filter::Personal::committed);
    EXPECT_TRUE(read_audit_query("", asked_at));
}

TEST(AuditQuery, WhatNothingCanMatchIsRefusedAndSoAreUsers) {
    for (const auto& [body, why] :
         {std::pair(R"({"user": "jane"})", "personal"), std::pair(R"({"users": "jane"})", "users"),
          std::pair(R"({"outcome": "refuse"})", "outcome"),
          std::pair(R"({"decision": "no"})", "decision"), std::pair(R"({"trace": "X"})", "trace"),
          std::pair(R"({"limit": 501})", "limit"), std::pair(R"({"limit": 0})", "limit"),
          std::pair(R"({"from": -1})", "from"), std::pair(R"({"from": 2, "to": 1})", "behind"),
          std::pair(R"({"since": 1})", "since"), std::pair(R"({"until": "then"})", "until"),
          std::pair(R"({"path": 1})", "path"), std::pair("[]", ""), std::pair("{", "")}) {
        const auto query = read_audit_query(body, asked_at);
        ASSERT_FALSE(query) << body;
        EXPECT_THAT(query.error().detail, HasSubstr(why));
    }
}

}  // namespace
}  // namespace sallyport::daemon
