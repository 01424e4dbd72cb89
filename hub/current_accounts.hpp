#pragma once

#include "hub/accounts.hpp"

#include <memory>
#include <mutex>

namespace sallyport::hub {

/// The accounts as they are now, for TLS handshakes, which may run on any thread.
class CurrentAccounts {
public:
    std::shared_ptr<const Accounts> get() const {
        const std::lock_guard lock(mutex_);
        return accounts_;
    }
    void set(std::shared_ptr<const Accounts> accounts) {
        const std::lock_guard lock(mutex_);
        accounts_ = std::move(accounts);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Accounts> accounts_;
};

}  // namespace sallyport::hub
