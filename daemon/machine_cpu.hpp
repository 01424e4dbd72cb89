#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::daemon {

/// Time of all processors since the machine was started, in the kernel's ticks.
struct CpuTicks {
    std::uint64_t total = 0;
    std::uint64_t busy = 0;
    std::uint64_t ours = 0;  // of this process
    bool operator==(const CpuTicks&) const = default;

    /// From /proc/stat and /proc/self/stat (proc(5)); what they do not say is 0.
    static CpuTicks parse(std::string_view machine, std::string_view process);
    /// Of now; where /proc cannot be read all is 0.
    static CpuTicks read();
};

/// How busy the processors are between two questions. Pure.
class CpuLoad {
public:
    /// Of all processors together, 0 to 100.
    struct Share {
        int total_percent = 0;
        int ours_percent = 0;
    };

    explicit CpuLoad(const CpuTicks& start) : before_(start), last_(start) {}

    /// Since the question before, the first one since the start. Who asks again within a second of
    /// one processor hears of the time since the one before that.
    Share at(const CpuTicks& now);

private:
    CpuTicks before_;
    CpuTicks last_;
};

}  // namespace sallyport::daemon
