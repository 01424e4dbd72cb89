#include "daemon/admin_routes.hpp"

#include "tests/support/audit_records.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

namespace sallyport::daemon {
namespace {

class AdminRoutesTest : public testing::Test {
protected:
    AdminRoutesTest() {
        audit::Settings settings;
        settings.folder = folder();
        log_ = std::move(*audit::Log::open(settings));
        refusals_ = std::make_unique<AdminRefusals>(*log_);
        routes_ = std::make_unique<AdminRoutes>(
            [this] {
                return ActRecorder{*log_, unrecorded_, pool_, loop_, false};
            },
            *refusals_);
        routes_->add({.method = "GET", .path = "/v1/facts"},
                     [this](const AdminCall& call) { return say(call, "facts"); });
        routes_->add(
            {.method = "POST", .path = "/v1/do", .act = "thing.do"},
            [this](const AdminCall& call) { return say(call, "did"); },
            [this] { said_ += " after"; });
    }
    std::filesystem::path folder() const { return root_.path() / "audit"; }

    net::Task<http::SimpleResponse> say(const AdminCall& call, std::string what) {
        said_ = what + " " + std::string(call.query()) + std::string(call.body());
        co_return admin_done();
    }
    http::SimpleResponse ask(const char* method, const char* target, AdminRight right) {
        std::optional<http::SimpleResponse> response;
        net::TaskGroup group(loop_);
        group.spawn("ask", serve(method, target, right, response));
        EXPECT_TRUE(test::run_until_done(loop_, group));
        return response.value_or(http::SimpleResponse{.status = 0});
    }
    net::Task<void> serve(const char* method, const char* target, AdminRight right,
                          std::optional<http::SimpleResponse>& out) {
        http::RequestHead head;
        head.method = method;
        head.target = target;
        const http::SimpleRequest request{head, "body"};
        const AdminCaller caller{.user = ::getuid(), .right = right};
        out = co_await routes_->serve(request, caller);
    }
    std::vector<audit::Record> records(std::string_view event) {
        log_->close();
        return test::records_of(folder(), event);
    }

    test::TemporaryFolder root_;
    net::Loop loop_;
    std::unique_ptr<audit::Log> log_;
    UnrecordedActs unrecorded_{folder()};
    net::BlockingPool pool_{1};
    std::unique_ptr<AdminRefusals> refusals_;
    std::unique_ptr<AdminRoutes> routes_;
    std::string said_;
};

TEST_F(AdminRoutesTest, LookingIsOnNoRecord) {
    EXPECT_EQ(ask("GET", "/v1/facts?a=b", AdminRight::look).status, 200);
    EXPECT_EQ(said_, "facts a=bbody");
    EXPECT_TRUE(records("admin.action").empty());
}

TEST_F(AdminRoutesTest, AChangeIsOnRecordBeforeWhatFollowsIt) {
    const auto answer = ask("POST", "/v1/do", AdminRight::change);
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find("\"recorded\":true"), std::string::npos) << answer.body;
    EXPECT_EQ(said_, "did body after");
    const auto acts = records("admin.action");
    ASSERT_EQ(acts.size(), 1U);
    EXPECT_EQ(acts[0].text("act"), "thing.do");
    EXPECT_EQ(acts[0].text("outcome"), "done");
}

TEST_F(AdminRoutesTest, WhatAViewerTriesToChangeIsOnRecordAndNotDone) {
    EXPECT_EQ(ask("POST", "/v1/do", AdminRight::look).status, 403);
    EXPECT_EQ(said_, "");
    const auto acts = records("admin.action");
    ASSERT_EQ(acts.size(), 1U);
    EXPECT_EQ(acts[0].text("act"), "thing.do");
    EXPECT_EQ(acts[0].text("outcome"), "refused");
    EXPECT_EQ(acts[0].text("who"), "uid:" + std::to_string(::getuid()));
}

TEST_F(AdminRoutesTest, AStrangerIsToldNothingAndIsOnRecord) {
    for (const auto* target : {"/v1", "/v1/facts", "/v1/nothing"}) {
        const auto answer = ask("GET", target, AdminRight::none);
        EXPECT_EQ(answer.status, 403);
        EXPECT_NE(answer.body.find("not_allowed"), std::string::npos);
    }
    EXPECT_EQ(refusals_->logins(), 3U);
    EXPECT_EQ(records("admin.login").size(), 3U);
}

TEST_F(AdminRoutesTest, WhoIsRefusedOftenDoesNotFillTheLog) {
    const auto many = RefusalBudget::refusals_per_window_max + 7;
    for (std::uint32_t i = 0; i < many; ++i)
        refusals_->login({.who = "uid:1", .outcome = "refused"}, {});
    refusals_->tell_left_out();
    EXPECT_EQ(refusals_->logins(), many);
    EXPECT_EQ(records("admin.login").size(), RefusalBudget::refusals_per_window_max);
    const auto left_out = test::records_of(folder(), "refusals.left_out");
    ASSERT_EQ(left_out.size(), 1U);
    EXPECT_EQ(left_out[0].text("refused"), "admin.login");
}

TEST_F(AdminRoutesTest, ListsEveryVerbWithWhoMay) {
    const auto answer = ask("GET", "/v1", AdminRight::look);
    const auto listed = boost::json::parse(answer.body).at("verbs").as_array();
    ASSERT_EQ(listed.size(), 3U);
    EXPECT_EQ(listed[0].at("path"), "/v1");
    EXPECT_EQ(listed[1].at("needs"), "look");
    EXPECT_EQ(listed[2].at("needs"), "change");
    EXPECT_EQ(listed[2].at("act"), "thing.do");
}

TEST_F(AdminRoutesTest, WhatIsNotInTheTableIsNotFound) {
    EXPECT_EQ(ask("GET", "/v1/other", AdminRight::change).status, 404);
    EXPECT_EQ(ask("POST", "/v1/facts", AdminRight::change).status, 405);
    EXPECT_TRUE(records("admin.action").empty());
}

}  // namespace
}  // namespace sallyport::daemon
