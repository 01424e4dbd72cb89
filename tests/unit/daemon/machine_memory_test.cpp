#include "daemon/machine_memory.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

TEST(MachineMemory, IsReadFromWhatTheKernelSays) {
    const auto memory = MachineMemory::parse(
        "MemTotal:        8046088 kB\nMemFree:   1 kB\nMemAvailable:    4000000 kB\n"
        "SwapTotal:           100 kB\nSwapFree:             50 kB\n",
        "Name:\tsallyport\nVmRSS:\t   20480 kB\nVmSwap:\t       8 kB\n");
    const MachineMemory expected{.total = 8'046'088 * 1024ULL,
                                 .available = 4'000'000 * 1024ULL,
                                 .swap_total = 100 * 1024,
                                 .swap_free = 50 * 1024,
                                 .resident = 20'480 * 1024,
                                 .swapped = 8 * 1024};
    EXPECT_EQ(memory, expected);
}

TEST(MachineMemory, WhatIsNotThereIsNothing) {
    EXPECT_EQ(MachineMemory::parse("", ""), MachineMemory());
    EXPECT_EQ(MachineMemory::parse("MemTotal", "VmRSS: x kB"), MachineMemory());
    EXPECT_EQ(MachineMemory::parse("MemTotalX: 5 kB\nMemTotal:", ""), MachineMemory());
}

TEST(MachineMemory, HereItIsSomething) {
    const auto memory = MachineMemory::read();
    ASSERT_TRUE(memory);
    EXPECT_GT(memory->total, memory->resident);
    EXPECT_GT(memory->resident, 0U);
    EXPECT_GT(disk_space("/tmp")->total, 0U);
    EXPECT_FALSE(disk_space("/no/such/folder"));
}

}  // namespace
}  // namespace sallyport::daemon
