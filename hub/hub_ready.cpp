// Whether the running hub lives, can serve, and reaches its agents.
#include "base/log.hpp"
#include "hub/hub.hpp"
#include "net/within.hpp"

#include <utility>

namespace sallyport::hub {
namespace {

/// At most one change of readiness is on record in this time.
constexpr std::chrono::seconds ready_look_interval{1};

std::string_view ready_state_of(bool ready) { return ready ? "ready" : "not_ready"; }

}  // namespace

std::vector<NotReady> Hub::readiness() const {
    const auto admitted = audit_->admits();
    return judge_readiness({.stopping = stopping_now_,
                            .audit = admitted ? std::string() : admitted.error().detail,
                            .agents = seen_agents_,
                            .interval = config_->ready_interval},
                           net::Loop::now());
}

std::vector<net::Executor> Hub::worker_loops() const {
    std::vector<net::Executor> loops;
    for (const auto& worker : workers_) loops.push_back(worker->executor());
    return loops;
}

net::Task<void> Hub::watch_ready() {
    while (true) {
        seen_agents_ = registry_.status();
        note_agents();
        note_ready();
        co_await net::sleep_for(ready_look_interval);
    }
}

/// One line for each change, in the log and on record.
void Hub::note_ready() {
    const auto reasons = readiness();
    if (reasons.empty() == told_ready_) return;
    told_ready_ = reasons.empty();
    const auto* const why = told_ready_ ? "" : reasons.front().text.c_str();
    if (told_ready_)
        log::info("hub.ready");
    else
        log::warn("hub.not_ready", {{"reason", why}});
    audit_->note(audit::ReadyChanged{.state = ready_state_of(told_ready_), .reason = why});
}

void Hub::note_agents() {
    const auto now = net::Loop::now();
    auto before = std::exchange(told_agents_, {});
    const auto tell = [&](const std::array<std::string, 3>& place, bool ready, const char* why,
                          std::chrono::microseconds round_trip) {
        const auto& [tenant, agent, location] = place;
        if (!audit_->takes_ready(tenant, agent, now)) return;
        audit_->note(audit::ReadyChanged{.tenant = tenant,
                                         .agent = agent,
                                         .location = location,
                                         .state = ready_state_of(ready),
                                         .reason = why,
                                         .round_trip = round_trip});
    };
    for (const auto& status : seen_agents_) {
        const std::array place{status.member.tenant, status.member.agent, status.member.location};
        const bool ready = is_ready(status, config_->ready_interval, now);
        const auto known = before.extract(place);
        const bool was = !known.empty() && known.mapped();
        told_agents_.emplace(place, ready);
        if (ready == was) continue;
        log::info(ready ? "agent.ready" : "agent.not_ready",
                  {{"agent", status.member.name.text()},
                   {"round_trip_us", status.ready.round_trip.count()}});
        tell(place, ready, ready ? "" : "it has not answered a synthetic exchange lately",
             ready ? status.ready.round_trip : std::chrono::microseconds(0));
    }
    for (const auto& [place, was] : before)
        if (was) tell(place, false, "it has no link any more", {});
}

}  // namespace sallyport::hub
