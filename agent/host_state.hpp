#pragma once

#include "agent/circuit_breaker.hpp"
#include "agent/health_record.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Something to be put on record about an internal host. Views for the time of the call.
struct HostChange {
    enum class What { opened, closed, unhealthy, healthy };
    What what = What::opened;
    std::string_view virtual_host{};
    std::string_view internal_host{};
    std::string why{};  // in words, for people; of an internal address, so not for callers
};
using TellHostChange = std::function<void(const HostChange&)>;

/// What all workers know of one internal host of a mapping. From any thread. While nothing is wrong
/// an exchange costs two relaxed reads and one count; the lock is for when something is.
class HostState {
public:
    using Time = CircuitBreaker::Time;

    struct Options {
        std::string virtual_host{};   // "erp.virtual:44300"
        std::string internal_host{};  // "https://a.corp:44300"
        mappings::CircuitRules circuit{};
        std::optional<mappings::HealthRules> health{};
    };
    /// `tell` is called on the thread that found out, without a lock; may be empty.
    HostState(Options options, TellHostChange tell);
    HostState(const HostState&) = delete;
    HostState& operator=(const HostState&) = delete;

    /// One exchange's way to the host. Ends with answered() or failed(); if neither was called,
    /// nothing was learnt. The host must outlive it.
    class Attempt {
    public:
        Attempt() = default;
        Attempt(Attempt&& other) noexcept { *this = std::move(other); }
        Attempt& operator=(Attempt&& other) noexcept;
        ~Attempt() { end(); }

        /// The first word of its answer has come, or a stream is connected.
        void answered();
        void failed(CircuitBreaker::Fault fault, Time now, std::string_view why);
        /// The host is in use no more; again begin()'s result for a new try.
        void end();
        /// Whether it is under way.
        explicit operator bool() const { return host_ != nullptr; }

    private:
        friend class HostState;
        HostState* host_ = nullptr;
        std::uint64_t answers_before_ = 0;
        bool probe_ = false;
    };

    /// None if the circuit is open.
    Attempt begin(Time now);

    /// How it looks to somebody who chooses between hosts.
    CircuitBreaker::Admission would_admit(Time now) const;
    bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
    /// Nothing is wrong with it: the quick answer to both.
    bool sound() const { return sound_.load(std::memory_order_relaxed); }
    /// Of one that would not admit: when it will.
    Time next_probe() const;

    /// Something has changed that may have been the reason: the next one may find out at once.
    void try_again(Time now);

    /// What a check of the host has found.
    void checked(bool good, Time now, std::string_view why);

    struct Snapshot {
        std::string internal_host;
        CircuitBreaker::State state = CircuitBreaker::State::closed;
        bool checks = false;  // whether it is checked
        bool healthy = true;
        std::optional<std::chrono::milliseconds> next_probe{};  // from now, where not closed
        std::uint64_t answers = 0;
        std::uint64_t failures = 0;  // connections and answers that did not come
        std::uint64_t opened = 0;
        std::uint64_t checks_failed = 0;
        std::string last_error{};
    };
    Snapshot snapshot(Time now) const;
    const Options& options() const { return options_; }

private:
    void tell(HostChange::What what, std::string why) const;
    void update_sound();

    const Options options_;
    const TellHostChange tell_;
    std::atomic<bool> sound_{true};
    std::atomic<bool> healthy_{true};
    std::atomic<std::uint64_t> answers_{0};
    mutable std::mutex mutex_;  // of all below
    CircuitBreaker breaker_;
    HealthRecord health_;
    std::uint64_t failures_ = 0;
    std::uint64_t opened_ = 0;
    std::uint64_t checks_failed_ = 0;
    Time opened_at_{};
    std::string last_error_;
};

/// "closed", "open", "half-open"
std::string_view to_text(CircuitBreaker::State state);

}  // namespace sallyport::agent
