#include "daemon/admin_act.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/admin_server.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr std::array<AdminVerb, 2> verbs{
    {{"POST", "/v1/reload", "config.reload", AdminVerb::WithoutLog::allowed},
     {"POST", "/v1/x", "x"}}};

std::unique_ptr<audit::Log> open(const std::filesystem::path& folder,
                                 audit::OnFailure on_failure = audit::OnFailure::block) {
    audit::Settings settings;
    settings.folder = folder;
    settings.on_failure = on_failure;
    return std::move(*audit::Log::open(settings));
}

TEST(AdminVerb, IsRefusedWhereItWouldNotBeOnRecord) {
    const test::TemporaryFolder root;
    const auto folder = root.path() / "audit";
    ASSERT_TRUE(replace_file(folder, "no folder", 0600));
    const auto failed = open(folder);
    EXPECT_FALSE(refuse_unrecorded(verbs[0], *failed));
    const auto refused = refuse_unrecorded(verbs[1], *failed);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    const auto degraded = open(folder, audit::OnFailure::degrade);
    EXPECT_FALSE(refuse_unrecorded(verbs[1], *degraded));
}

class RecordActTest : public testing::Test {
protected:
    net::Task<void> act(audit::Log& log, net::BlockingPool& pool, net::Loop& loop,
                        http::SimpleResponse answer,
                        std::optional<http::SimpleResponse>& recorded) {
        const AdminCaller caller{::getuid()};
        const ActRecorder recorder{log, unrecorded, pool, loop, true};
        recorded = co_await record_act(recorder, caller, "config.reload", std::move(answer));
    }
    http::SimpleResponse record(audit::Log& log, http::SimpleResponse answer) {
        net::Loop loop;
        net::BlockingPool pool(1);  // goes before the loop that its jobs answer to
        return record(log, answer, loop, pool);
    }
    http::SimpleResponse record(audit::Log& log, http::SimpleResponse answer, net::Loop& loop,
                                net::BlockingPool& pool) {
        net::TaskGroup group(loop);
        std::optional<http::SimpleResponse> recorded;
        group.spawn("act", act(log, pool, loop, std::move(answer), recorded));
        EXPECT_TRUE(test::run_until_done(loop, group));
        return recorded.value_or(http::SimpleResponse());
    }
    test::TemporaryFolder root;
    UnrecordedActs unrecorded{root.path() / "audit"};
};

TEST_F(RecordActTest, SaysWhoDidWhatAndThatItIsOnRecord) {
    const auto log = open(root.path() / "audit");
    http::SimpleResponse answer;
    answer.body = R"({"done":true})";
    const auto recorded = record(*log, answer);
    const auto body = boost::json::parse(recorded.body).as_object();
    EXPECT_TRUE(body.at("done").as_bool());
    EXPECT_TRUE(body.at("record").as_object().at("recorded").as_bool());
    EXPECT_NE(describe_record(body).find("on record"), std::string::npos);
    const auto acts = test::records_of(root.path() / "audit", "admin.action");
    ASSERT_EQ(acts.size(), 1u);
    EXPECT_EQ(acts[0].text("act"), "config.reload");
    EXPECT_EQ(acts[0].text("who"), "uid:" + std::to_string(::getuid()));
    EXPECT_EQ(acts[0].text("outcome"), "done");
}

TEST(DescribeRecord, SaysWhetherAWitnessIsStillToCountersign) {
    struct Case {
        const char* answer;
        const char* said;
    };
    const Case cases[] = {
        {R"({"recorded":true,"sealed":true,"witnessed":true,"witness_configured":true})",
         "on record, sealed: yes, witnessed: yes\n"},
        {R"({"recorded":true,"sealed":true,"witnessed":false,"witness_configured":true})",
         "on record, sealed: yes, witnessed: pending\n"},
        {R"({"recorded":true,"sealed":false,"witnessed":false,"witness_configured":false})",
         "on record, sealed: pending, witnessed: no witness configured\n"},
        {R"({"recorded":false,"sealed":false,"witnessed":false,"witness_configured":false})",
         "not on record: [audit] level is off\n"},
        {R"({"recorded":false,"failure":"full"})",
         "NOT ON RECORD, the audit log has failed: full; the program's log alone tells of it\n"},
        {R"({"recorded":false,"failure":"full","kept":true})",
         "NOT ON RECORD, the audit log has failed: full; it is recorded when the log is "
         "repaired\n"},
    };
    for (const auto& each : cases)
        EXPECT_EQ(describe_record({{"record", boost::json::parse(each.answer)}}), each.said);
    EXPECT_EQ(describe_record({}), "");
}

TEST_F(RecordActTest, SaysWhyItWasNotDone) {
    const auto log = open(root.path() / "audit");
    static_cast<void>(record(*log, admin_error(422, "invalid", "line 7 is wrong")));
    const auto acts = test::records_of(root.path() / "audit", "admin.action");
    ASSERT_EQ(acts.size(), 1u);
    EXPECT_EQ(acts[0].text("outcome"), "refused");
    EXPECT_EQ(acts[0].text("reason"), "line 7 is wrong");
}

TEST_F(RecordActTest, NobodyKeepsAnActFromTheRecordByKeepingThePoolBusy) {
    const auto log = open(root.path() / "audit");
    std::promise<void> over;
    net::Loop loop;
    net::BlockingPool pool(1);
    const auto waiting = over.get_future().share();
    std::promise<void> begun;
    ASSERT_TRUE(pool.submit([&begun, waiting] {
        begun.set_value();
        waiting.wait();
    }));
    begun.get_future().wait();  // its thread takes nothing out of the queue any more
    while (pool.submit([waiting] { waiting.wait(); })) {
        // until its queue is full
    }
    http::SimpleResponse answer;
    answer.body = R"({"done":true})";
    const auto recorded = record(*log, answer, loop, pool);
    over.set_value();
    const auto body = boost::json::parse(recorded.body).as_object();
    EXPECT_EQ(describe_record(body), "on record, sealed: pending, witnessed: pending\n");
    log->close();
    const auto acts = test::records_of(root.path() / "audit", "admin.action");
    ASSERT_EQ(acts.size(), 1u);
    EXPECT_EQ(acts[0].text("who"), "uid:" + std::to_string(::getuid()));
}

TEST_F(RecordActTest, NamesAFailedLog) {
    ASSERT_TRUE(replace_file(root.path() / "audit", "no folder", 0600));
    const auto log = open(root.path() / "audit");
    http::SimpleResponse answer;
    answer.body = R"({"done":true})";
    const auto body = boost::json::parse(record(*log, answer).body).as_object();
    EXPECT_FALSE(body.at("record").as_object().at("recorded").as_bool());
    EXPECT_TRUE(describe_record(body).starts_with("NOT ON RECORD"));
    EXPECT_TRUE(body.at("record").as_object().at("kept").as_bool());
}

TEST_F(RecordActTest, WhatAFailedLogDidNotTakeIsRecordedByTheNextProcessBeforeAnythingElse) {
    http::SimpleResponse answer;
    answer.body = R"({"changed":{"object":"erp:443","before":"open","after":"closed"}})";
    ASSERT_TRUE(replace_file(root.path() / "audit", "no folder", 0600));
    {
        const auto log = open(root.path() / "audit");
        static_cast<void>(record(*log, answer));
        static_cast<void>(record(*log, admin_error(422, "invalid", "line 7 is wrong")));
    }
    std::filesystem::remove(root.path() / "audit");
    const auto log = open(root.path() / "audit");
    UnrecordedActs next(root.path() / "audit");
    next.take_over(*log);
    static_cast<void>(record(*log, answer));
    const auto acts = test::records_of(root.path() / "audit", "admin.action");
    ASSERT_EQ(acts.size(), 3u);
    EXPECT_EQ(acts[0].text("who"), "uid:" + std::to_string(::getuid()));
    EXPECT_EQ(acts[0].text("object"), "erp:443");
    EXPECT_EQ(acts[0].text("after"), "closed");
    EXPECT_EQ(acts[0].text("outcome"), "done");
    EXPECT_NE(acts[0].text("done_at"), "");
    EXPECT_EQ(acts[1].text("reason"), "line 7 is wrong");
    EXPECT_EQ(acts[2].text("done_at"), "");
}

TEST_F(RecordActTest, WhatAFailedLogDidNotTakeIsRecordedWhenItIsRepaired) {
    ASSERT_TRUE(replace_file(root.path() / "audit", "no folder", 0600));
    const auto log = open(root.path() / "audit");
    http::SimpleResponse answer;
    answer.body = R"({"done":true})";
    static_cast<void>(record(*log, answer));
    std::filesystem::remove(root.path() / "audit");
    ASSERT_TRUE(log->repair());
    static_cast<void>(record(*log, answer));
    static_cast<void>(record(*log, answer));
    const auto acts = test::records_of(root.path() / "audit", "admin.action");
    ASSERT_EQ(acts.size(), 3u);
    EXPECT_NE(acts[0].text("done_at"), "");
    EXPECT_EQ(acts[1].text("done_at"), "");
}

TEST_F(RecordActTest, SaysThatTheLevelLeavesItOut) {
    audit::Settings settings;
    settings.folder = root.path() / "audit";
    settings.level = audit::Level::off;
    const auto log = std::move(*audit::Log::open(settings));
    http::SimpleResponse answer;
    answer.body = R"({"done":true})";
    const auto body = boost::json::parse(record(*log, answer).body).as_object();
    EXPECT_EQ(describe_record(body), "not on record: [audit] level is off\n");
}

}  // namespace
}  // namespace sallyport::daemon
