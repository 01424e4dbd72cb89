#pragma once

#include "audit/disk.hpp"
#include "base/result.hpp"

#include <cstdint>

namespace sallyport::audit {

/// The blocks of a growing file that are its own before anything is written into them, so that a
/// full disk shows before a record is cut in two, and the last words still fit.
class Reserve {
public:
    /// So much is behind the end of a file as long as there is room,
    static constexpr std::uint64_t least_bytes = 256 * 1024;
    /// and so much is asked for at a time.
    static constexpr std::uint64_t chunk_bytes = 1024 * 1024;

    Reserve() = default;
    /// Of a file that has so many bytes.
    explicit Reserve(std::uint64_t bytes) : end_(bytes) {}

    /// Sees to it that the file can grow to `end`, and the reserve is there behind it. Errors: the
    /// operating system's; what was reserved before stays. A file system that cannot do this is no
    /// error.
    Result<void> ahead(Disk& disk, int file, std::uint64_t end);

    bool holds(std::uint64_t end) const { return end <= end_; }
    /// Whether the file system can do this.
    bool supported() const { return supported_; }

private:
    std::uint64_t end_ = 0;  // the blocks up to here are the file's
    bool supported_ = true;
};

}  // namespace sallyport::audit
