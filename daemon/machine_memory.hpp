#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace sallyport::daemon {

/// Memory of this machine and of this process, in bytes.
struct MachineMemory {
    std::uint64_t total = 0;
    std::uint64_t available = 0;  // that programs could still have
    std::uint64_t swap_total = 0;
    std::uint64_t swap_free = 0;
    std::uint64_t resident = 0;  // of this process
    std::uint64_t swapped = 0;   // likewise
    bool operator==(const MachineMemory&) const = default;

    /// From /proc/meminfo and /proc/self/status (proc(5)); what they do not say is 0.
    static MachineMemory parse(std::string_view meminfo, std::string_view status);
    /// Of now. Errors: the operating system's.
    static Result<MachineMemory> read();
};

/// Of a file system, in bytes.
struct DiskSpace {
    std::uint64_t total = 0;
    std::uint64_t free = 0;  // for us
};
Result<DiskSpace> disk_space(const std::filesystem::path& folder);

}  // namespace sallyport::daemon
