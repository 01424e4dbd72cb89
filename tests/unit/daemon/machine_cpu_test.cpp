#include "daemon/machine_cpu.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

TEST(MachineCpu, IsReadFromWhatTheKernelSays) {
    const auto ticks = CpuTicks::parse(
        "cpu  100 20 30 800 40 5 6 7 90 0\ncpu0 1 2 3\n",
        "42 (a) b (c) S 1 42 42 0 -1 4194560 10 20 30 40 700 80 9 9 20 0 3 0 12345\n");
    const CpuTicks expected{.total = 1008, .busy = 168, .ours = 780};
    EXPECT_EQ(ticks, expected);
}

TEST(MachineCpu, WhatIsNotThereIsNothing) {
    EXPECT_EQ(CpuTicks::parse("", ""), CpuTicks());
    EXPECT_EQ(CpuTicks::parse("cpu ", "42 (a) "), CpuTicks());
    EXPECT_EQ(CpuTicks::parse("cpux 1 2 3", "42 a S 1"), CpuTicks());
}

TEST(MachineCpu, HereItIsSomething) {
    const auto ticks = CpuTicks::read();
    EXPECT_GT(ticks.total, ticks.busy);
    EXPECT_GE(ticks.busy, ticks.ours);
}

TEST(CpuLoad, IsOfTheTimeSinceTheQuestionBefore) {
    CpuLoad load(CpuTicks{.total = 1000, .busy = 500, .ours = 10});
    auto share = load.at({.total = 1200, .busy = 600, .ours = 20});
    EXPECT_EQ(share.total_percent, 50);
    EXPECT_EQ(share.ours_percent, 5);
    share = load.at({.total = 1400, .busy = 620, .ours = 20});
    EXPECT_EQ(share.total_percent, 10);
    EXPECT_EQ(share.ours_percent, 0);
}

TEST(CpuLoad, TwoWhoAskAtOnceHearTheSame) {
    CpuLoad load(CpuTicks{});
    (void)load.at({.total = 200, .busy = 100, .ours = 50});
    const auto again = load.at({.total = 201, .busy = 101, .ours = 50});
    EXPECT_EQ(again.total_percent, 50);
    EXPECT_EQ(again.ours_percent, 25);
}

TEST(CpuLoad, NothingHasPassedAndCountersThatGoBackAreNoLoad) {
    CpuLoad load(CpuTicks{.total = 1000, .busy = 500, .ours = 10});
    EXPECT_EQ(load.at({.total = 1000, .busy = 500, .ours = 10}).total_percent, 0);
    EXPECT_EQ(load.at({.total = 1200, .busy = 490, .ours = 10}).total_percent, 0);
}

}  // namespace
}  // namespace sallyport::daemon
