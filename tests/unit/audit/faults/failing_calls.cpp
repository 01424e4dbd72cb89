#include "failing_calls.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace sallyport::audit {
namespace {

std::atomic<bool> armed = false;
std::atomic<bool> failed = false;
std::atomic<long> calls = 0;
std::atomic<long> failing = 0;
std::atomic<int> error = 0;
std::atomic<FailingCalls::How> manner = FailingCalls::How::once;

enum class Kind { looks, changes, writes };

/// Other calls cannot fail in this manner, and do not count: looking at something needs no room,
/// and only what is written can be short.
bool can_fail(Kind kind) {
    if (manner == FailingCalls::How::in_part) return kind == Kind::writes;
    return error != ENOSPC || kind != Kind::looks;
}

bool is_due(Kind kind) {
    if (!armed || !can_fail(kind)) return false;
    const auto number = calls++;
    const bool later = manner == FailingCalls::How::from_then_on && number > failing;
    return number == failing || later;
}

/// Whether this call fails; errno says how then.
bool fails(Kind kind) {
    if (!is_due(kind)) return false;
    failed = true;
    errno = error;
    return true;
}

/// Bytes that this write may write; -1: it fails.
ssize_t allowed(std::size_t bytes) {
    if (!is_due(Kind::writes)) return static_cast<ssize_t>(bytes);
    failed = true;
    if (manner == FailingCalls::How::in_part && bytes > 1) return static_cast<ssize_t>(bytes / 2);
    errno = manner == FailingCalls::How::in_part ? ENOSPC : error.load();
    return -1;
}

}  // namespace

void FailingCalls::arm(long n, Fault fault) {
    failed = false;
    calls = 0;
    failing = n;
    error = fault.error;
    manner = fault.how;
    armed = true;
}

void FailingCalls::disarm() { armed = false; }
bool FailingCalls::happened() { return failed; }
long FailingCalls::count() { return calls; }

}  // namespace sallyport::audit

namespace faults = sallyport::audit;

// The linker gives every call of NAME to __wrap_NAME; the system's is __real_NAME.
// NOLINTBEGIN(bugprone-reserved-identifier): these names are the linker's.
#define SALLYPORT_FAILING(name, parameters, arguments)                              \
    extern "C" int __real_##name parameters;                                        \
    extern "C" int __wrap_##name parameters {                                       \
        return faults::fails(faults::Kind::changes) ? -1 : __real_##name arguments; \
    }

SALLYPORT_FAILING(fsync, (int file), (file))
SALLYPORT_FAILING(fdatasync, (int file), (file))
SALLYPORT_FAILING(ftruncate, (int file, off_t bytes), (file, bytes))
SALLYPORT_FAILING(fallocate, (int file, int mode, off_t at, off_t bytes), (file, mode, at, bytes))
SALLYPORT_FAILING(fchmod, (int file, mode_t mode), (file, mode))
SALLYPORT_FAILING(rename, (const char* from, const char* to), (from, to))
SALLYPORT_FAILING(link, (const char* from, const char* to), (from, to))
SALLYPORT_FAILING(unlink, (const char* path), (path))
SALLYPORT_FAILING(mkdir, (const char* path, mode_t mode), (path, mode))

#undef SALLYPORT_FAILING

extern "C" int __real_open(const char* path, int flags, ...);
extern "C" int __wrap_open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    const auto kind = (flags & O_CREAT) != 0 ? faults::Kind::changes : faults::Kind::looks;
    return faults::fails(kind) ? -1 : __real_open(path, flags, mode);
}

extern "C" ssize_t __real_read(int file, void* bytes, std::size_t count);
extern "C" ssize_t __wrap_read(int file, void* bytes, std::size_t count) {
    return faults::fails(faults::Kind::looks) ? -1 : __real_read(file, bytes, count);
}

extern "C" ssize_t __real_pread(int file, void* bytes, std::size_t count, off_t at);
extern "C" ssize_t __wrap_pread(int file, void* bytes, std::size_t count, off_t at) {
    return faults::fails(faults::Kind::looks) ? -1 : __real_pread(file, bytes, count, at);
}

extern "C" ssize_t __real_write(int file, const void* bytes, std::size_t count);
extern "C" ssize_t __wrap_write(int file, const void* bytes, std::size_t count) {
    const auto part = faults::allowed(count);
    return part < 0 ? -1 : __real_write(file, bytes, static_cast<std::size_t>(part));
}

extern "C" ssize_t __real_pwrite(int file, const void* bytes, std::size_t count, off_t at);
extern "C" ssize_t __wrap_pwrite(int file, const void* bytes, std::size_t count, off_t at) {
    const auto part = faults::allowed(count);
    return part < 0 ? -1 : __real_pwrite(file, bytes, static_cast<std::size_t>(part), at);
}
// NOLINTEND(bugprone-reserved-identifier)
