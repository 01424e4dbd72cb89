#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "hub/store.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace sallyport::hub {

/// Takes what administrators did from the store to the audit log (docs/AUDIT.md#outbox). Thread
/// safe.
class OutboxDrain {
public:
    static constexpr std::size_t outbox_batch_rows_max = 256;

    /// Both outlive it.
    OutboxDrain(Store& store, audit::Log& log) : store_(store), log_(log) {}

    /// Puts on record what waits, and removes it once it is on the disk. Does nothing while the
    /// store is as it was. Blocks. Errors: those of the store; why the log has failed.
    Result<void> run();

private:
    Result<std::size_t> run_batch();

    Store& store_;
    audit::Log& log_;
    std::mutex mutex_;
    std::optional<std::uint64_t> drained_;  // the store's version when nothing waited
};

}  // namespace sallyport::hub
