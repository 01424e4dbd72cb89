#pragma once

#include "audit/record.hpp"
#include "base/result.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::forward {

/// What targets live on; all of it stays longer than they.
struct Surroundings {
    net::Loop& loop;
    net::BlockingPool& pool;
    net::Event& event;  // of the forwarder: set when something happened to the target
};

/// Where records go. Used by one coroutine: connect(), then add() and flush() as often as wanted;
/// after an error close(), and connect() again.
class Target {
public:
    virtual ~Target() = default;

    virtual net::Task<Result<void>> connect() = 0;
    /// Gathers in memory.
    virtual void add(const audit::Record& record, std::string_view line) = 0;
    /// Hands over what was gathered, in order, and nothing else: after an error some of it may have
    /// arrived.
    virtual net::Task<Result<void>> flush() = 0;
    /// Why the target is lost, found out without sending.
    virtual std::optional<Error> fault() { return std::nullopt; }

    /// How long after flush() something may still be lost together with the connection.
    virtual std::chrono::milliseconds settle_time() const { return std::chrono::milliseconds(0); }
    /// Makes what was handed over survive what the cursor survives.
    virtual net::Task<Result<void>> sync() { co_return Result<void>(); }
    /// Ends in an orderly way. Says whether the target has surely taken everything.
    virtual net::Task<bool> finish() { co_return true; }
    virtual void close() = 0;
};

}  // namespace sallyport::forward
