#include "audit/disk.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <unistd.h>

namespace sallyport::audit {

Result<std::size_t> Disk::write(int file, BytesView bytes) {
    while (true) {
        const auto count = ::write(file, bytes.data(), bytes.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return os_error("write");
    }
}

Result<void> Disk::truncate(int file, std::uint64_t bytes) {
    while (::ftruncate(file, static_cast<off_t>(bytes)) != 0)
        if (errno != EINTR) return os_error("ftruncate");
    return {};
}

Result<void> Disk::sync(int file) {
    while (::fdatasync(file) != 0)
        if (errno != EINTR) return os_error("fdatasync");
    return {};
}

Disk& Disk::system() {
    static Disk disk;
    return disk;
}

}  // namespace sallyport::audit
