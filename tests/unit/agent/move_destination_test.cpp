#include "agent/move_destination.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using mappings::Match;
using testing::HasSubstr;

mappings::Table table_of(std::string_view internal) {
    mappings::Mapping mapping{*mappings::VirtualHost::parse("files.virtual:80"),
                              *mappings::parse_internal_host(internal)};
    mapping.rules = {{.path = "/in", .match = Match::subpaths},
                     {.path = "/done", .match = Match::subpaths, .methods = {"MOVE"}},
                     {.path = "/out", .match = Match::subpaths, .methods = {"GET"}}};
    return *mappings::Table::create({mapping});
}

/// What becomes of a MOVE (or another method) of /in/a to that place.
std::optional<MoveDestination> judge(std::string_view to, std::string_view method = "MOVE",
                                     std::string_view internal = "sftp://u@h/") {
    const auto table = table_of(internal);
    const http::Field fields[] = {{"destination", to}};
    http::RequestHead head;
    head.method = method;
    head.authority = "files.virtual";
    head.target = "/in/a";
    head.fields = fields;
    const mappings::Access access{
        .authority = head.authority, .target = head.target, .method = method};
    return judge_destination(table, table.decide(access, {}), access, head, {});
}

TEST(MoveDestination, MustBeAllowedLikeTheSource) {
    const auto good = judge("/done/a");
    ASSERT_TRUE(good);
    EXPECT_FALSE(good->refusal);
    EXPECT_EQ(good->target, "/done/a");
    EXPECT_FALSE(judge("http://files.virtual/done/a")->refusal);
    for (const auto* to : {"/out/a", "/secret/a", "/"}) {
        const auto denied = judge(to);
        ASSERT_TRUE(denied && denied->refusal) << to;
        EXPECT_EQ(denied->refusal->status, 403) << to;
        EXPECT_THAT(denied->refusal->message, HasSubstr(std::string("resource ") + to));
        EXPECT_EQ(denied->target, to) << "it stands in the audit record";
    }
}

TEST(MoveDestination, MustBeReadInOneWay) {
    for (const auto* to : {"/done/../out/a", "/done/%2e%2e/a", "done", "http://other/done/a", ""}) {
        const auto denied = judge(to);
        ASSERT_TRUE(denied && denied->refusal) << to;
        EXPECT_NE(denied->refusal->status, 403) << to;
    }
}

TEST(MoveDestination, IsNobodysBusinessOtherwise) {
    EXPECT_FALSE(judge("/secret/a", "PUT"));
    EXPECT_FALSE(judge("/secret/a", "MOVE", "http://h"));
}

}  // namespace
}  // namespace sallyport::agent
