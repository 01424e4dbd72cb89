#include "daemon/admin_caller.hpp"

#include <gtest/gtest.h>

#include <array>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr AdminGroups both_groups{.own = 999, .admin = 50, .view = 60};

AdminRight right_in(uid_t user, std::vector<gid_t> of, const AdminGroups& with = both_groups) {
    return right_of({.user = user, .groups = std::move(of)}, with);
}

TEST(AdminRight, FollowsFromWhoTheCallerIsAndFromHisGroups) {
    EXPECT_EQ(right_in(0, {}), AdminRight::change);
    EXPECT_EQ(right_in(999, {999}), AdminRight::change);
    EXPECT_EQ(right_in(1000, {50}), AdminRight::change);
    EXPECT_EQ(right_in(1000, {1000, 27, 50}), AdminRight::change);
    EXPECT_EQ(right_in(1000, {1000, 60, 50}), AdminRight::change);
    EXPECT_EQ(right_in(1000, {60}), AdminRight::look);
    EXPECT_EQ(right_in(1000, {1000, 60}), AdminRight::look);
    EXPECT_EQ(right_in(1000, {1000, 0, 999}), AdminRight::none);
    EXPECT_EQ(right_in(1000, {}), AdminRight::none);
    EXPECT_EQ(right_in(65'534, {65'534}), AdminRight::none);
}

TEST(AdminRight, AGroupThatTheMachineDoesNotHaveHasNoMembers) {
    const AdminGroups without{.own = 999};
    EXPECT_EQ(right_in(1000, {0, 50, 60}, without), AdminRight::none);
    EXPECT_EQ(right_in(0, {}, without), AdminRight::change);
}

TEST(AdminGroups, AreLookedUpByTheirNames) {
    const auto found = find_groups("root", "no-such-group-here");
    EXPECT_EQ(found.admin, gid_t{0});
    EXPECT_FALSE(found.view);
    EXPECT_EQ(found.own, ::geteuid());
    EXPECT_FALSE(find_groups("", "").admin);
}

TEST(AdminCaller, IsWhoTheKernelSays) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const auto caller = caller_of(ends[0]);
    EXPECT_EQ(caller.user, ::getuid());
    ASSERT_FALSE(caller.groups.empty());
    EXPECT_EQ(caller.groups.front(), ::getgid());
    EXPECT_EQ(caller.right, AdminRight::none);
    EXPECT_EQ(caller.text(), "uid:" + std::to_string(::getuid()));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(AdminCaller, IsNobodyWhereTheKernelSaysNothing) {
    const auto caller = caller_of(-1);
    EXPECT_EQ(caller.user, uid_t{65'534});
    EXPECT_TRUE(caller.groups.empty());
}

}  // namespace
}  // namespace sallyport::daemon
