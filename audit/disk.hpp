#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace sallyport::audit {

/// Of a file system, as df(1) counts: without what only root may take.
struct Space {
    std::uint64_t total_bytes = 0;
    std::uint64_t free_bytes = 0;
};

/// The system calls that put records on the disk, so that tests can let the n-th one fail.
class Disk {
public:
    virtual ~Disk() = default;

    /// write(2), once; may write less than asked.
    virtual Result<std::size_t> write(int file, BytesView bytes);
    virtual Result<void> truncate(int file, std::uint64_t bytes);
    /// fdatasync(2).
    virtual Result<void> sync(int file);
    /// fallocate(2): blocks for these bytes; the file's size stays.
    virtual Result<void> allocate(int file, std::uint64_t offset, std::uint64_t bytes);
    virtual Result<Space> space(const std::filesystem::path& folder);

    static Disk& system();
};

/// Whether the error says that there is no room: neither on the disk nor in the quota.
bool is_full(const Error& failure);

}  // namespace sallyport::audit
