#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace sallyport::hub {

/// The newest picture of something that changes now and then, for whoever looks on any thread, such
/// as a TLS handshake.
template <class T>
class Current {
public:
    Current() = default;
    explicit Current(std::shared_ptr<const T> first) : newest_(std::move(first)) {}
    std::shared_ptr<const T> get() const {
        const std::lock_guard lock(mutex_);
        return newest_;
    }
    void set(std::shared_ptr<const T> next) {
        const std::lock_guard lock(mutex_);
        newest_.swap(next);  // the one before is destroyed outside of the lock
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> newest_;
};

}  // namespace sallyport::hub
