#pragma once

#include "mappings/limits.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport::agent {

/// Whether an internal host is asked at all, after what became of those who asked before: a state
/// machine without clock, lock and dice of its own.
///
/// What must never open it: one slow or broken address of a system that answers others. So a
/// failure on a connection that was there counts only in a row that no answer interrupts, and a
/// time-out not even there if anybody got an answer while it waited. Only connections that could
/// not be made count by their ratio too.
class CircuitBreaker {
public:
    using Time = std::chrono::steady_clock::time_point;

    enum class State {
        closed,     // everybody passes
        open,       // nobody
        half_open,  // one may find out whether it is better
    };
    enum class Admission { pass, probe, refused };
    enum class Change { none, opened, closed };
    enum class Fault {
        no_connection,  // refused, unreachable, not trusted; or its own 502 .. 504, if they count
        no_answer,      // connected, but no answer in time, a broken one, or cut off before
    };
    /// Of an exchange that failed.
    struct Failure {
        Fault fault = Fault::no_connection;
        bool probe = false;                // it was one
        std::uint64_t answers_before = 0;  // of the host, when the exchange began
        std::uint64_t answers = 0;         // now
    };

    explicit CircuitBreaker(mappings::CircuitRules rules) : rules_(rules) {}

    Admission admit(Time now);
    /// As admit(), but nobody goes.
    Admission would_admit(Time now) const;

    /// It answered. Only a probe's answer closes: others may have begun before.
    Change answered(bool probe);
    /// `dice` in [0, 1) spreads the time until the next probe.
    Change failed(const Failure& failure, Time now, double dice);
    /// Nothing was learnt: the caller left, or we had no room.
    void gave_up(bool probe);
    /// Somebody else has seen the host alive: the next one may find out.
    void seen_alive(Time now);

    State state(Time now) const;
    /// Of one that is not closed: when somebody may find out.
    Time next_probe() const { return next_probe_; }
    std::uint32_t failures_in_row() const { return row_; }

private:
    bool counts_enough(const Failure& failure, Time now);
    void open(Time now, double dice);

    mappings::CircuitRules rules_;
    bool open_ = false;
    bool probing_ = false;
    Time next_probe_{};
    Time probe_until_{};  // after which another may go: a probe may wait long for an answer
    std::chrono::milliseconds open_time_{0};
    // While closed:
    std::uint32_t row_ = 0;
    std::uint64_t row_answers_ = 0;  // when the row grew last
    Time window_begin_{};
    std::uint32_t window_faults_ = 0;
    std::uint64_t window_answers_ = 0;  // when the window began
};

}  // namespace sallyport::agent
