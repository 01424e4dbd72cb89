#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "audit/seal_schedule.hpp"
#include "audit/sealing.hpp"
#include "base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace sallyport::audit {

/// The thread that seals the log: looks every `interval` whether there are new records, and sooner
/// when asked. Nobody on the way of a request waits for it.
class Sealer {
public:
    struct Wiring {
        /// Makes all records durable and says up to where. Errc::closed while the log closes.
        std::function<Result<LogEnd>()> make_durable;
        std::function<Sequence()> next;  // after the newest record
        std::function<void()> append_heartbeat;
        std::function<std::optional<Error>()> failure;  // why the log does not work
        std::function<void(Error)> fail;                // stops the log
    };
    /// `interval` zero: only when asked.
    Sealer(Wiring wiring, Clock& clock, std::chrono::nanoseconds interval,
           std::chrono::nanoseconds heartbeat);
    ~Sealer() { stop(); }
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    /// Nobody seals while this lives; it may be held when the locks of the writer are taken.
    [[nodiscard]] std::unique_lock<std::mutex> pause() { return std::unique_lock(work_mutex_); }

    /// From here on it seals with `sealing`, and does so at once. With pause().
    Result<void> begin(Sealing sealing);
    /// What was sealed is another log's now. With pause().
    void forget();
    /// Seals everything with both keys; then with the new one. With pause().
    Result<std::uint64_t> change_key(const tlog::Signer& successor);
    /// What is durable, on the caller's thread. After stop().
    Result<void> finish(const LogEnd& end);

    /// See Sealing::keep(). Blocks.
    Result<void> keep(const std::string& note, std::uint64_t size);

    Result<Sealed> seal(Sequence up_to);
    /// The interval may be over sooner: a segment came to its end.
    void hurry();
    void on_sealed(std::function<void(Haste)> told);
    std::uint64_t sealed() const;
    /// Whoever waits in seal() is told that the log is closed.
    void stop();

private:
    void run();
    void turn(Haste haste);
    Result<void> seal_now(bool silent);
    void hurry_locked();
    bool told_to_stop_or_asked() const { return stopped_ || asked_; }
    void publish();

    const Wiring wiring_;
    Clock* const clock_;
    const std::chrono::nanoseconds interval_;

    std::mutex work_mutex_;
    std::optional<Sealing> sealing_;
    SealSchedule schedule_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void(Haste)> told_;
    Haste haste_ = Haste::usual;
    std::uint64_t sealed_ = 0;
    std::uint64_t turns_ = 0;
    std::optional<Error> turn_failure_;  // of the last one
    bool asked_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sallyport::audit
