#include "agent/circuit_breaker.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

/// Agents that lost a host in the same moment do not ask for it in the same moment.
constexpr double probe_spread = 0.2;

}  // namespace

CircuitBreaker::Admission CircuitBreaker::would_admit(Time now) const {
    if (!open_) return Admission::pass;
    if (now < next_probe_ || (probing_ && now < probe_until_)) return Admission::refused;
    return Admission::probe;
}

CircuitBreaker::Admission CircuitBreaker::admit(Time now) {
    const auto admission = would_admit(now);
    if (admission == Admission::probe) {
        probing_ = true;
        probe_until_ = now + open_time_;
    }
    return admission;
}

CircuitBreaker::Change CircuitBreaker::answered(bool probe) {
    if (!open_ || !probe) return Change::none;
    *this = CircuitBreaker(rules_);
    return Change::closed;
}

CircuitBreaker::Change CircuitBreaker::failed(const Failure& failure, Time now, double dice) {
    if (!rules_.enabled) return Change::none;
    if (open_) {
        if (failure.probe) {
            // What went wrong with one request on a connection that stood may be that request.
            if (failure.fault == Fault::no_connection)
                open_time_ = std::min(open_time_ * 2, rules_.open_time_max);
            open(now, dice);
        }
        return Change::none;
    }
    if (!counts_enough(failure, now)) return Change::none;
    open_ = true;
    open_time_ = rules_.open_time;
    open(now, dice);
    return Change::opened;
}

bool CircuitBreaker::counts_enough(const Failure& failure, Time now) {
    const bool connected = failure.fault == Fault::no_answer;
    if (connected && failure.answers != failure.answers_before) return false;
    if (failure.answers != row_answers_) row_ = 0;
    row_answers_ = failure.answers;
    if (++row_ >= rules_.failures) return true;
    if (connected) return false;
    if (window_faults_ == 0 || now - window_begin_ >= rules_.window) {
        window_begin_ = now;
        window_faults_ = 0;
        window_answers_ = failure.answers;
    }
    ++window_faults_;
    const auto all = window_faults_ + (failure.answers - window_answers_);
    return all >= rules_.requests &&
           std::uint64_t{window_faults_} * 100 >= all * rules_.ratio_percent;
}

void CircuitBreaker::open(Time now, double dice) {
    probing_ = false;
    const std::chrono::duration<double, std::milli> length =
        open_time_ * (1 - probe_spread * std::clamp(dice, 0.0, 1.0));
    next_probe_ = now + std::chrono::duration_cast<std::chrono::milliseconds>(length);
}

void CircuitBreaker::gave_up(bool probe) {
    if (probe) probing_ = false;
}

void CircuitBreaker::seen_alive(Time now) {
    if (open_) next_probe_ = std::min(next_probe_, now);
}

CircuitBreaker::State CircuitBreaker::state(Time now) const {
    if (!open_) return State::closed;
    return probing_ || now >= next_probe_ ? State::half_open : State::open;
}

}  // namespace sallyport::agent
