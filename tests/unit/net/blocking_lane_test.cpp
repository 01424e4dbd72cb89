#include "net/blocking_lane.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

namespace sallyport::net {
namespace {

TEST(BlockingLane, HangingJobsLeaveThreadsOfThePoolToOthers) {
    std::latch may_end(1);
    std::latch others(1);
    std::latch all(5);
    std::atomic<std::size_t> running = 0;
    std::atomic<std::size_t> most = 0;
    BlockingPool pool(4);
    BlockingLane lane(pool);
    for (int i = 0; i < 5; ++i) {
        const bool queued = lane.submit([&] {
            const auto now = ++running;
            if (now > most) most = now;
            may_end.wait();
            --running;
            all.count_down();
        });
        EXPECT_TRUE(queued);
    }
    EXPECT_TRUE(pool.submit([&] { others.count_down(); }));
    others.wait();
    may_end.count_down();
    all.wait();
    EXPECT_LE(most, BlockingLane::lane_threads);
}

TEST(BlockingLane, TakesNoMoreThanItsQueue) {
    std::latch may_end(1);
    std::size_t taken = 0;
    {
        BlockingPool pool(4);
        BlockingLane lane(pool);
        constexpr auto more = BlockingLane::lane_queue_max + BlockingLane::lane_threads + 1;
        for (std::size_t i = 0; i < more; ++i)
            if (lane.submit([&] { may_end.wait(); })) ++taken;
        may_end.count_down();
    }
    EXPECT_LT(taken, BlockingLane::lane_queue_max + BlockingLane::lane_threads + 1);
    EXPECT_GE(taken, BlockingLane::lane_queue_max);
}

TEST(BlockingLane, WhatIsDroppedIsGoneBeforeItsLoopAndNeverRun) {
    std::latch running(1);
    std::latch may_end(1);
    std::atomic<int> run = 0;
    {
        BlockingPool pool(1);
        BlockingLane lane(pool);
        EXPECT_TRUE(lane.submit([&] {
            running.count_down();
            may_end.wait();
        }));
        running.wait();
        const auto owned = std::make_shared<int>(0);
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(lane.submit([&run, owned] { ++run; }));
        lane.drop();
        EXPECT_EQ(owned.use_count(), 1);
        may_end.count_down();
    }
    EXPECT_EQ(run, 0);
}

TEST(BlockingLane, WhatAFullPoolRefusesIsRefusedAndNotRunLater) {
    std::latch may_end(1);
    std::atomic<int> run = 0;
    {
        BlockingPool pool(1);
        BlockingLane lane(pool);
        while (pool.submit([&] { may_end.wait(); })) {
        }
        EXPECT_FALSE(lane.submit([&] { ++run; }));
        may_end.count_down();
        std::latch done(1);
        while (!lane.submit([&] { done.count_down(); })) std::this_thread::yield();
        done.wait();
    }
    EXPECT_EQ(run, 0);
}

}  // namespace
}  // namespace sallyport::net
