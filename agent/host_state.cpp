#include "agent/host_state.hpp"

#include "base/dice.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent {
namespace {

constexpr std::size_t error_bytes_max = 512;  // of what is kept for status

}  // namespace

std::string_view to_text(CircuitBreaker::State state) {
    switch (state) {
        case CircuitBreaker::State::closed:
            return "closed";
        case CircuitBreaker::State::open:
            return "open";
        case CircuitBreaker::State::half_open:
            break;
    }
    return "half-open";
}

HostState::HostState(Options options, TellHostChange tell)
    : options_(std::move(options)),
      tell_(std::move(tell)),
      breaker_(options_.circuit),
      health_(options_.health.value_or(mappings::HealthRules{})) {}

HostState::Attempt& HostState::Attempt::operator=(Attempt&& other) noexcept {
    end();
    host_ = std::exchange(other.host_, nullptr);
    answers_before_ = other.answers_before_;
    probe_ = other.probe_;
    return *this;
}

HostState::Attempt HostState::begin(Time now) {
    Attempt attempt;
    attempt.answers_before_ = answers_.load(std::memory_order_relaxed);
    if (!sound()) {
        const std::lock_guard lock(mutex_);
        const auto admission = breaker_.admit(now);
        if (admission == CircuitBreaker::Admission::refused) return attempt;
        attempt.probe_ = admission == CircuitBreaker::Admission::probe;
    }
    attempt.host_ = this;
    return attempt;
}

void HostState::Attempt::end() {
    auto* host = std::exchange(host_, nullptr);
    if (host == nullptr || !probe_) return;
    const std::lock_guard lock(host->mutex_);
    host->breaker_.gave_up(true);
}

void HostState::Attempt::answered() {
    auto* host = std::exchange(host_, nullptr);
    if (host == nullptr) return;
    host->answers_.fetch_add(1, std::memory_order_relaxed);
    if (!probe_) return;
    std::chrono::milliseconds open{0};
    {
        const std::lock_guard lock(host->mutex_);
        if (host->breaker_.answered(true) != CircuitBreaker::Change::closed) return;
        open = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - host->opened_at_);
        host->update_sound();
    }
    host->tell(HostChange::What::closed,
               "it answers again, after " + std::to_string(open.count()) + " ms");
}

void HostState::Attempt::failed(CircuitBreaker::Fault fault, Time now, std::string_view why) {
    auto* host = std::exchange(host_, nullptr);
    if (host == nullptr) return;
    std::uint32_t row = 0;
    {
        const std::lock_guard lock(host->mutex_);
        ++host->failures_;
        host->last_error_ = why.substr(0, error_bytes_max);
        const auto change =
            host->breaker_.failed({.fault = fault,
                                   .probe = probe_,
                                   .answers_before = answers_before_,
                                   .answers = host->answers_.load(std::memory_order_relaxed)},
                                  now, throw_dice());
        if (change != CircuitBreaker::Change::opened) return;
        ++host->opened_;
        host->opened_at_ = now;
        row = host->breaker_.failures_in_row();
        host->update_sound();
    }
    host->tell(HostChange::What::opened,
               std::to_string(row) + " failures in a row, the last one: " + std::string(why));
}

CircuitBreaker::Admission HostState::would_admit(Time now) const {
    if (sound()) return CircuitBreaker::Admission::pass;
    const std::lock_guard lock(mutex_);
    return breaker_.would_admit(now);
}

HostState::Time HostState::next_probe() const {
    const std::lock_guard lock(mutex_);
    return breaker_.next_probe();
}

void HostState::try_again(Time now) {
    const std::lock_guard lock(mutex_);
    breaker_.seen_alive(now);
}

void HostState::checked(bool good, Time now, std::string_view why) {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = health_.add(good);
        if (good) breaker_.seen_alive(now);
        if (!good) ++checks_failed_;
        if (!good) last_error_ = "health check: " + std::string(why.substr(0, error_bytes_max));
        healthy_.store(health_.healthy(), std::memory_order_relaxed);
        update_sound();
    }
    if (changed)
        tell(good ? HostChange::What::healthy : HostChange::What::unhealthy, std::string(why));
}

void HostState::update_sound() {
    const bool closed = breaker_.state({}) == CircuitBreaker::State::closed;
    sound_.store(closed && health_.healthy(), std::memory_order_relaxed);
}

void HostState::tell(HostChange::What what, std::string why) const {
    if (!tell_) return;
    tell_({.what = what,
           .virtual_host = options_.virtual_host,
           .internal_host = options_.internal_host,
           .why = std::move(why)});
}

HostState::Snapshot HostState::snapshot(Time now) const {
    Snapshot found;
    found.internal_host = options_.internal_host;
    found.checks = options_.health.has_value();
    found.answers = answers_.load(std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    found.state = breaker_.state(now);
    found.healthy = health_.healthy();
    if (found.state != CircuitBreaker::State::closed)
        found.next_probe = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::max(breaker_.next_probe(), now) - now);
    found.failures = failures_;
    found.opened = opened_;
    found.checks_failed = checks_failed_;
    found.last_error = last_error_;
    return found;
}

}  // namespace sallyport::agent
