#include "net/task_group.hpp"

#include "net/event.hpp"
#include "net/within.hpp"
#include "tests/support/run_loop.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace sallyport::net {
namespace {

Task<void> note(bool& ran) {
    ran = true;
    co_return;
}

Task<void> cancel_own_group(TaskGroup& group) {
    group.cancel();
    co_return;
}

Task<void> cancel_own_group_and_wait(TaskGroup& group, Event& event) {
    group.cancel();
    co_await event.wait();
}

Task<void> wait_long(bool& ran_on) {
    co_await sleep_for(std::chrono::hours(1));
    co_await sleep_for(std::chrono::hours(1));  // the first one ends by the cancellation
    ran_on = true;
}

Task<void> fail() {
    throw std::runtime_error("a bug");
    co_return;
}

Task<void> join(TaskGroup& group, bool& joined) {
    co_await group.join();
    joined = true;
}

// A signal that ends a process right after its start cancels tasks that wait for their first turn.
TEST(TaskGroup, ATaskCancelledBeforeItsFirstStepDoesNotRun) {
    Loop loop;
    TaskGroup group(loop);
    bool ran = false;
    asio::post(loop.io, [&group] { group.cancel(); });
    group.spawn("late", note(ran));  // outside the loop: it stands behind the cancellation
    EXPECT_NO_THROW(test::settle(loop));
    EXPECT_TRUE(group.empty());
    EXPECT_FALSE(ran);
}

TEST(TaskGroup, ATaskThatCancelsItsOwnGroupAndEndsAtOnceEndsLikeAnyOther) {
    Loop loop;
    TaskGroup group(loop);
    group.spawn("suicide", cancel_own_group(group));
    EXPECT_NO_THROW(test::settle(loop));
    EXPECT_TRUE(group.empty());
}

TEST(TaskGroup, ATaskThatCancelsItsOwnGroupStopsAtItsNextWait) {
    Loop loop;
    TaskGroup group(loop);
    Event event(loop.turn);
    group.spawn("suicide", cancel_own_group_and_wait(group, event));
    EXPECT_NO_THROW(test::settle(loop));
    EXPECT_TRUE(group.empty());
}

TEST(TaskGroup, ATaskSpawnedInsideTheLoopRunsToItsFirstWaitAtOnce) {
    Loop loop;
    TaskGroup group(loop);
    bool ran = false;
    bool ran_in_spawn = false;
    asio::post(loop.io, [&] {
        group.spawn("inside", note(ran));
        ran_in_spawn = ran;
    });
    test::settle(loop);
    EXPECT_TRUE(ran_in_spawn);
}

TEST(TaskGroup, ATaskSpawnedAfterACancellationRuns) {
    Loop loop;
    TaskGroup group(loop);
    bool ran = false;
    group.cancel();
    test::settle(loop);
    group.spawn("next", note(ran));
    test::settle(loop);
    EXPECT_TRUE(ran);
}

TEST(TaskGroup, CancellationEndsAWaitAndWhatWouldFollow) {
    Loop loop;
    TaskGroup group(loop);
    bool ran_on = false;
    group.spawn("long", wait_long(ran_on));
    test::settle(loop);
    EXPECT_EQ(group.size(), 1U);
    group.cancel();
    test::settle(loop);
    EXPECT_TRUE(group.empty());
    EXPECT_FALSE(ran_on);
}

TEST(TaskGroup, ATaskThatFailsEndsTheOthers) {
    Loop loop;
    TaskGroup group(loop);
    bool ran_on = false;
    group.spawn("long", wait_long(ran_on));
    group.spawn("broken", fail());
    EXPECT_NO_THROW(test::settle(loop));
    EXPECT_TRUE(group.empty());
    EXPECT_FALSE(ran_on);
}

TEST(TaskGroup, JoinReturnsWhenTheLastTaskHasEnded) {
    Loop loop;
    TaskGroup group(loop);
    TaskGroup joining(loop);
    bool ran_on = false;
    bool joined = false;
    group.spawn("long", wait_long(ran_on));
    joining.spawn("join", join(group, joined));
    test::settle(loop);
    EXPECT_FALSE(joined);
    group.cancel();
    test::settle(loop);
    EXPECT_TRUE(joined);
    EXPECT_TRUE(joining.empty());
}

}  // namespace
}  // namespace sallyport::net
