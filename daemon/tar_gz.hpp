#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// A tar archive (POSIX.1-1988 ustar) in memory: plain files and nothing else. Written by us since
/// it is one header of 512 bytes per file; a library for all formats there are would be larger than
/// what it replaces. Pure.
class Tar {
public:
    static constexpr std::size_t name_bytes_max = 100;

    explicit Tar(std::chrono::sys_seconds time) : time_(time) {}

    /// `name`: relative, of at most name_bytes_max bytes; a longer one is cut. Mode 0600.
    void add(std::string_view name, std::string_view content);
    /// Ends the archive.
    std::string finish();

private:
    std::chrono::sys_seconds time_;  // of all files
    std::string out_;
};

/// As gzip(1) writes it, without a name and a time. Empty only if memory is short.
std::string gzip(std::string_view content);

}  // namespace sallyport::daemon
