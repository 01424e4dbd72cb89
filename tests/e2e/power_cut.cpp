// A disk that forgets, for programs that run under LD_PRELOAD: POWER_CUT_SHADOW holds exactly what
// a program has made durable of the folder POWER_CUT_WATCHED, as POSIX promises it and no more. The
// bytes of a file are durable once it was synced, the names in a folder once the folder was.
// test_power_cut.py puts the disk as it is after the cut together from this:
//   names/<inode of a folder>   lines "<mode, octal> <inode> <name>"
//   content/<inode of a file>   its bytes
//   keep/<inode of a file>      a hard link to it (or to a symbolic link), so that no other file
//                               gets its inode
//   ready                       all that was there at the start is in it
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {

struct Shadow {
    std::string watched;
    std::string folder;
    std::mutex mutex;
    /// So many first bytes of a file are the same in its copy; only files that are appended to.
    std::map<ino_t, off_t> same;
};

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "power_cut: cannot %s: errno %d\n", what.c_str(), errno);
    std::abort();
}

/// Lives as long as the process: other threads may sync while it ends.
Shadow* shadow() {
    static Shadow* const the_shadow = []() -> Shadow* {
        const char* watched = std::getenv("POWER_CUT_WATCHED");
        const char* folder = std::getenv("POWER_CUT_SHADOW");
        return watched && folder ? new Shadow{watched, folder, {}, {}} : nullptr;
    }();
    return the_shadow;
}

std::string path_of(int file) {
    const auto link = "/proc/self/fd/" + std::to_string(file);
    char target[4096];
    const auto length = ::readlink(link.c_str(), target, sizeof target);
    return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

bool is_watched(const std::string& path) {
    const auto& watched = shadow()->watched;
    return path == watched || path.compare(0, watched.size() + 1, watched + "/") == 0;
}

void write_all(int file, const char* bytes, std::size_t count, off_t offset) {
    while (count > 0) {
        const auto done = ::syscall(SYS_pwrite64, file, bytes, count, offset);
        if (done < 0) give_up("write a copy");
        bytes += done;
        count -= static_cast<std::size_t>(done);
        offset += done;
    }
}

void keep(const std::string& path, ino_t inode) {
    const auto link = shadow()->folder + "/keep/" + std::to_string(inode);
    if (::link(path.c_str(), link.c_str()) != 0 && errno != EEXIST && errno != ENOENT)
        give_up("link " + path);
}

void copy_content(const std::string& path, bool appended) {
    const int from = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (from < 0) return;  // removed meanwhile: nobody can miss it
    struct stat status {};
    if (::fstat(from, &status) != 0) give_up("stat " + path);
    keep(path, status.st_ino);
    const auto copy = shadow()->folder + "/content/" + std::to_string(status.st_ino);
    const int to = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (to < 0) give_up("make " + copy);
    const auto known = shadow()->same.find(status.st_ino);
    off_t offset = appended && known != shadow()->same.end() ? known->second : 0;
    std::vector<char> chunk(256 * 1024);
    while (true) {
        const auto count = ::pread(from, chunk.data(), chunk.size(), offset);
        if (count < 0) give_up("read " + path);
        if (count == 0) break;
        write_all(to, chunk.data(), static_cast<std::size_t>(count), offset);
        offset += count;
    }
    if (::syscall(SYS_ftruncate, to, offset) != 0) give_up("cut " + copy);
    shadow()->same[status.st_ino] = offset;
    ::close(to);
    ::close(from);
}

struct Name {
    mode_t mode;
    ino_t inode;
    std::string name;
};

std::string below(const std::string& folder, const std::string& name) {
    std::string path = folder;
    path += '/';
    path += name;
    return path;
}

std::vector<Name> names_in(const std::string& path) {
    DIR* const folder = ::opendir(path.c_str());
    if (!folder) give_up("read " + path);
    std::vector<Name> names;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        struct stat status {};
        if (name == "." || name == "..") continue;
        if (::lstat(below(path, name).c_str(), &status) != 0) continue;
        if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode))
            names.push_back({status.st_mode, status.st_ino, name});
    }
    ::closedir(folder);
    return names;
}

void copy_names(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    const auto copy = shadow()->folder + "/names/" + std::to_string(status.st_ino);
    std::FILE* const file = std::fopen((copy + ".new").c_str(), "we");
    if (!file) give_up("make " + copy);
    for (const auto& [mode, inode, name] : names_in(path)) {
        if (!S_ISDIR(mode)) keep(below(path, name), inode);
        std::fprintf(file, "%o %lu %s\n", mode, static_cast<unsigned long>(inode), name.c_str());
    }
    std::fclose(file);
    if (std::rename((copy + ".new").c_str(), copy.c_str()) != 0) give_up("name " + copy);
}

/// What is there when a program starts was there when the power came back.
void copy_everything(const std::string& path) {
    copy_names(path);
    for (const auto& [mode, inode, name] : names_in(path)) {
        if (S_ISDIR(mode)) copy_everything(below(path, name));
        if (S_ISREG(mode)) copy_content(below(path, name), true);
    }
}

[[gnu::constructor]] void begin() {
    if (!shadow()) return;
    for (const auto* part : {"", "/names", "/content", "/keep"})
        if (::mkdir((shadow()->folder + part).c_str(), 0700) != 0) give_up("make the shadow");
    copy_everything(shadow()->watched);
    const auto ready = shadow()->folder + "/ready";
    ::close(::open(ready.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

void made_durable(int file) {
    if (!shadow()) return;
    const int saved = errno;
    const auto path = path_of(file);
    struct stat status {};
    if (is_watched(path) && ::fstat(file, &status) == 0) {
        const std::lock_guard lock(shadow()->mutex);
        if (S_ISDIR(status.st_mode)) copy_names(path);
        if (S_ISREG(status.st_mode)) copy_content(path, ::fcntl(file, F_GETFL) & O_APPEND);
    }
    errno = saved;
}

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// What the C library declares of these differs in attributes that mean nothing here.
extern "C" int fsync(int file) {
    static auto* const next = real<int(int)>("fsync");
    const int result = next(file);
    if (result == 0) made_durable(file);
    return result;
}

extern "C" int fdatasync(int file) {
    static auto* const next = real<int(int)>("fdatasync");
    const int result = next(file);
    if (result == 0) made_durable(file);
    return result;
}

extern "C" int ftruncate(int file, off_t bytes) noexcept {
    static auto* const next = real<int(int, off_t)>("ftruncate");
    struct stat status {};
    if (shadow() && ::fstat(file, &status) == 0) {
        const std::lock_guard lock(shadow()->mutex);
        if (const auto known = shadow()->same.find(status.st_ino); known != shadow()->same.end())
            known->second = known->second < bytes ? known->second : bytes;
    }
    return next(file, bytes);
}

// The same function where off_t has 64 bits; a program may ask for either name.
extern "C" int ftruncate64(int file, off_t bytes) noexcept { return ftruncate(file, bytes); }
