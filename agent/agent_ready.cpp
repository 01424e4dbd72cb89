// Whether the running agent lives, and whether it can serve.
#include "agent/agent.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "net/within.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

/// At most one change of readiness is on record in this time.
constexpr std::chrono::seconds ready_look_interval{1};
constexpr std::chrono::seconds left_out_interval{60};

/// Why no exchange may pass, if none may.
std::string audit_blocks(const audit::Log& log) {
    if (!log.healthy()) {
        const auto failure = log.failure();
        return "the audit log has failed" + (failure ? ": " + to_text(*failure) : std::string());
    }
    if (log.nearly_full() && log.on_failure() == audit::OnFailure::block)
        return "the disk of the audit log is nearly full";
    return {};
}

}  // namespace

std::vector<NotReady> Agent::readiness() const {
    ReadyFacts facts{.draining = draining_, .audit = audit_blocks(*log_), .hubs = board_.look()};
    const auto rotation = rotation_->status();
    if (rotation.health >= certs::RenewalHealth::critical)
        facts.certificate =
            "the certificate towards the hub is about to expire and could not be "
            "renewed" +
            (rotation.last_error.empty() ? "" : ": " + rotation.last_error);
    return judge_readiness(facts, net::Loop::now());
}

std::vector<net::Executor> Agent::worker_loops() const {
    std::vector<net::Executor> loops;
    for (const auto& worker : workers_) loops.push_back(worker->executor());
    return loops;
}

net::Task<void> Agent::watch_ready() {
    auto told = net::Loop::now();
    while (true) {
        note_ready();
        if (net::Loop::now() - told >= left_out_interval) {
            refusals_->tell_left_out();
            told = net::Loop::now();
        }
        co_await net::sleep_for(ready_look_interval);
    }
}

/// One line for each change, in the log and on record.
void Agent::note_ready() {
    const auto reasons = readiness();
    if (reasons.empty() == told_ready_) return;
    told_ready_ = reasons.empty();
    const auto why = to_text(reasons);
    std::chrono::microseconds round_trip{0};
    for (const auto& hub : board_.look()) round_trip = std::max(round_trip, hub.round_trip);
    if (told_ready_)
        log::info("agent.ready", {{"round_trip_us", round_trip.count()}});
    else
        log::warn("agent.not_ready", {{"reason", why}});
    const auto sequence = log_->append(
        audit::ReadyChanged{.state = told_ready_ ? "ready" : "not_ready",
                            .reason = why,
                            .round_trip = told_ready_ ? round_trip : std::chrono::microseconds(0)});
    if (sequence != audit::not_recorded) log_->sync(sequence, [](bool) {});
}

}  // namespace sallyport::agent
