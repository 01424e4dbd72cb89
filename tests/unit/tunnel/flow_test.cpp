#include "tunnel/flow.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace sallyport::tunnel {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t first = ReceiveWindow::first_bytes;
constexpr FlowTime start{};

/// Drains one whole window in steps of `step`, which take `time` together; what the last one said.
std::uint32_t drain(ReceiveWindow& window, FlowTime& now, std::chrono::microseconds time,
                    std::chrono::microseconds round_trip) {
    constexpr std::size_t steps = 8;
    const std::size_t bytes = window.bytes();
    std::uint32_t said = 0;
    for (std::size_t i = 0; i < steps; ++i) {
        window.arrived(bytes / steps, now);
        if (i > 0) now += time / (steps - 1);
        said = window.consumed(bytes / steps, now, round_trip);
        EXPECT_TRUE(said == 0 || i + 1 == steps);
    }
    return said;
}

TEST(ReceiveWindow, GrowsOnlyWhenItWasTheLimit) {
    struct Case {
        const char* name;
        std::chrono::microseconds drained_in;
        std::chrono::microseconds round_trip;
        bool grows;
    };
    for (const auto& c :
         {Case{"within a round trip", 40ms, 50ms, true}, Case{"within two", 100ms, 50ms, true},
          Case{"slower than two", 101ms, 50ms, false},
          Case{"a very short round trip counts as 4 ms", 8ms, 10us, true},
          Case{"but not as more", 9ms, 10us, false},
          Case{"the round trip is not known yet", 1ms, 0us, true}}) {
        MemoryBudget budget;
        ReceiveWindow window(budget);
        FlowTime now = start;
        const auto said = drain(window, now, c.drained_in, c.round_trip);
        EXPECT_EQ(said, c.grows ? 2 * first : 0) << c.name;
        EXPECT_EQ(window.bytes(), c.grows ? 2 * first : first) << c.name;
        EXPECT_EQ(budget.used(), c.grows ? first : 0) << c.name;
    }
}

TEST(ReceiveWindow, GrowsToSixteenMebibytesAndNoFurther) {
    MemoryBudget budget(std::size_t{1} << 30);
    ReceiveWindow window(budget);
    FlowTime now = start;
    for (std::size_t bytes = first; bytes < ReceiveWindow::bytes_max; bytes *= 2)
        EXPECT_EQ(drain(window, now, 1ms, 50ms), 2 * bytes);
    EXPECT_EQ(drain(window, now, 1ms, 50ms), 0U);
    EXPECT_EQ(window.bytes(), ReceiveWindow::bytes_max);
    EXPECT_EQ(budget.used(), ReceiveWindow::bytes_max - first);
}

TEST(ReceiveWindow, GivesEverythingBackAtTheEnd) {
    MemoryBudget budget;
    {
        ReceiveWindow window(budget);
        FlowTime now = start;
        drain(window, now, 1ms, 50ms);
        window.arrived(100'000, now);
        EXPECT_EQ(budget.used(), first + first);
        window.reset();
        EXPECT_EQ(budget.used(), 0U);
        EXPECT_EQ(window.bytes(), first);
        EXPECT_EQ(window.held(), 0U);
        window.arrived(10, now);
    }
    EXPECT_EQ(budget.used(), 0U);
}

TEST(ReceiveWindow, FastStreamsLeaveAQuarterOfTheBudgetToTheOthers) {
    MemoryBudget budget(16 * first);
    std::vector<std::unique_ptr<ReceiveWindow>> windows;
    FlowTime now = start;
    for (int i = 0; i < 10; ++i) {
        windows.push_back(std::make_unique<ReceiveWindow>(budget));
        for (int grow = 0; grow < 4; ++grow) drain(*windows.back(), now, 1ms, 50ms);
    }
    EXPECT_LE(budget.used(), 12 * first);
    EXPECT_GT(budget.used(), 8 * first);
    EXPECT_FALSE(budget.is_short());
}

TEST(ReceiveWindow, WhatIsHeldInTheFirstWindowCountsToo) {
    MemoryBudget budget(10 * first);
    std::vector<std::unique_ptr<ReceiveWindow>> windows;
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(budget.is_short());
        windows.push_back(std::make_unique<ReceiveWindow>(budget));
        windows.back()->arrived(first, start);
    }
    EXPECT_TRUE(budget.is_short());
    EXPECT_FALSE(budget.is_exhausted());
    ReceiveWindow last(budget);
    last.arrived(1, start);
    EXPECT_TRUE(budget.is_exhausted());
    last.consumed(1, start, 0ms);
    EXPECT_FALSE(budget.is_exhausted());
}

TEST(ReceiveWindow, StandsStillSinceTheReaderLastTookSomethingOrTheFirstByteCame) {
    MemoryBudget budget;
    ReceiveWindow window(budget);
    window.arrived(100, start + 1s);
    window.arrived(100, start + 2s);
    EXPECT_EQ(window.last_progress(), start + 1s);
    window.consumed(50, start + 3s, 0ms);
    EXPECT_EQ(window.last_progress(), start + 3s);
    window.consumed(150, start + 4s, 0ms);
    window.arrived(1, start + 9s);
    EXPECT_EQ(window.last_progress(), start + 9s);
}

TEST(MemoryBudget, IsSharedBetweenThreads) {
    MemoryBudget budget(1'000'000);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&budget] {
            for (int round = 0; round < 20'000; ++round) {
                ReceiveWindow window(budget);
                window.arrived(1'000, start);
                const bool taken = budget.take(10'000);
                if (taken) budget.give(10'000);
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace sallyport::tunnel
