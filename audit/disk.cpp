#include "audit/disk.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/statvfs.h>
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

Result<void> Disk::allocate(int file, std::uint64_t offset, std::uint64_t bytes) {
    while (::fallocate(file, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                       static_cast<off_t>(bytes)) != 0)
        if (errno != EINTR) return os_error("fallocate");
    return {};
}

Result<Space> Disk::space(const std::filesystem::path& folder) {
    struct statvfs facts {};
    while (::statvfs(folder.c_str(), &facts) != 0)
        if (errno != EINTR) return os_error("statvfs " + folder.string());
    const auto used = facts.f_blocks - facts.f_bfree;
    return Space{.total_bytes = (used + facts.f_bavail) * facts.f_frsize,
                 .free_bytes = facts.f_bavail * facts.f_frsize};
}

bool is_full(const Error& failure) {
    const auto value = failure.code.value();
    return failure.code.category() == boost::system::system_category() &&
           (value == ENOSPC || value == EDQUOT);
}

Disk& Disk::system() {
    static Disk disk;
    return disk;
}

}  // namespace sallyport::audit
