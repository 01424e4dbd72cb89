// A disk that remembers which files came to it, and lets a test do something at a step.
#pragma once

#include "audit/disk.hpp"
#include "base/error.hpp"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>

namespace sallyport::audit {

class RecordingDisk final : public Disk {
public:
    using Hook = std::function<void(const std::string& file)>;

    Result<std::size_t> write(int file, BytesView bytes) override {
        if (full) {
            errno = ENOSPC;
            return os_error("write");
        }
        if (before_write) before_write(name_of(file));
        return Disk::write(file, bytes);
    }
    Result<void> sync(int file) override {
        const auto name = name_of(file);
        if (before_sync) before_sync(name);
        auto done = Disk::sync(file);
        const std::lock_guard lock(mutex_);
        if (done) synced_.insert(name);
        return done;
    }
    std::set<std::string> synced() const {
        const std::lock_guard lock(mutex_);
        return synced_;
    }
    void forget() {
        const std::lock_guard lock(mutex_);
        synced_.clear();
    }

    std::atomic<bool> full = false;
    Hook before_write;
    Hook before_sync;

private:
    static std::string name_of(int file) {
        const auto link = "/proc/self/fd/" + std::to_string(file);
        return std::filesystem::read_symlink(link).filename().string();
    }
    mutable std::mutex mutex_;
    std::set<std::string> synced_;
};

}  // namespace sallyport::audit
