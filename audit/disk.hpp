#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport::audit {

/// The system calls that put records on the disk, so that tests can let the n-th one fail.
class Disk {
public:
    virtual ~Disk() = default;

    /// write(2), once; may write less than asked.
    virtual Result<std::size_t> write(int file, BytesView bytes);
    virtual Result<void> truncate(int file, std::uint64_t bytes);
    /// fdatasync(2).
    virtual Result<void> sync(int file);

    static Disk& system();
};

}  // namespace sallyport::audit
