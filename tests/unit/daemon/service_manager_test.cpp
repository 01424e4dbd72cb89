#include "daemon/service_manager.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using Time = std::optional<std::chrono::microseconds>;

TEST(WatchdogTime, IsWhatTheServiceManagerSaysToThisProcess) {
    struct Case {
        std::string_view usec;
        std::string_view pid;
        Time time;
    };
    constexpr std::uint64_t own = 4711;
    for (const auto& [usec, pid, time] : std::vector<Case>{
             {"30000000", "4711", std::chrono::seconds(30)},
             {"30000000", "", std::chrono::seconds(30)},
             {"3600000000", "", std::chrono::hours(1)},
             {"1", "4711", std::chrono::microseconds(1)},
             {"", "", Time()},
             {"", "4711", Time()},
             {"0", "4711", Time()},
             {"3600000001", "4711", Time()},
             {"18446744073709551616", "4711", Time()},
             {"-1", "4711", Time()},
             {"30s", "4711", Time()},
             {"30000000", "4712", Time()},
             {"30000000", "4711x", Time()},
         })
        EXPECT_EQ(watchdog_time(usec, pid, own), time) << usec << ' ' << pid;
}

}  // namespace
}  // namespace sallyport::daemon
