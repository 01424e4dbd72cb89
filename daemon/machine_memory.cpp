#include "daemon/machine_memory.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <sys/statvfs.h>

namespace sallyport::daemon {
namespace {

/// "MemTotal:        8046088 kB"; 0 if there is no such line.
std::uint64_t bytes_of(std::string_view text, std::string_view name) {
    constexpr std::uint64_t kibibyte = 1024;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
        line.remove_prefix(name.size() + 1);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        const auto number = parse_decimal(line.substr(0, line.find(' ')));
        return number ? *number * kibibyte : 0;
    }
    return 0;
}

}  // namespace

MachineMemory MachineMemory::parse(std::string_view meminfo, std::string_view status) {
    return {.total = bytes_of(meminfo, "MemTotal"),
            .available = bytes_of(meminfo, "MemAvailable"),
            .swap_total = bytes_of(meminfo, "SwapTotal"),
            .swap_free = bytes_of(meminfo, "SwapFree"),
            .resident = bytes_of(status, "VmRSS"),
            .swapped = bytes_of(status, "VmSwap")};
}

Result<MachineMemory> MachineMemory::read() {
    const auto meminfo = read_file("/proc/meminfo");
    if (!meminfo) return meminfo.error();
    const auto status = read_file("/proc/self/status");
    if (!status) return status.error();
    return parse(*meminfo, *status);
}

Result<DiskSpace> disk_space(const std::filesystem::path& folder) {
    struct statvfs facts {};
    if (::statvfs(folder.c_str(), &facts) != 0)
        return os_error("look at the disk of " + folder.string());
    return DiskSpace{std::uint64_t{facts.f_blocks} * facts.f_frsize,
                     std::uint64_t{facts.f_bavail} * facts.f_frsize};
}

}  // namespace sallyport::daemon
