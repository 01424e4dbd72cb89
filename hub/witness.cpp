#include "hub/witness.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/witness_decision.hpp"
#include "hub/witness_key.hpp"

#include <algorithm>

namespace sallyport::hub {

bool CheckpointLimits::begin(const AgentKey& agent, Time now) {
    auto& seen = agents_[agent];
    if (seen.under_way) return false;
    const std::chrono::duration<double> passed = now - seen.refilled;
    seen.left = std::min(checkpoints_burst, seen.left + passed.count() * checkpoints_per_second);
    seen.refilled = now;
    if (seen.left < 1) return false;
    seen.left -= 1;
    seen.under_way = true;
    return true;
}

void CheckpointLimits::end(const AgentKey& agent) { agents_[agent].under_way = false; }

Witness::Witness(WitnessStore store, tlog::Cosigner signer)
    : store_(std::move(store)), signer_(std::move(signer)), key_(signer_.verifier().to_text()) {}

Result<std::shared_ptr<Witness>> Witness::open(const std::filesystem::path& folder,
                                               std::string_view hub_name) {
    auto signer = load_witness_key(folder, hub_name);
    if (!signer) return signer.error();
    auto store = WitnessStore::open(folder / "witness.db");
    if (!store) return store.error();
    return std::shared_ptr<Witness>(new Witness(std::move(*store), std::move(*signer)));
}

bool Witness::admit(const AgentKey& agent, CheckpointLimits::Time now) {
    const std::lock_guard lock(mutex_);
    const bool admitted = limits_.begin(agent, now);
    if (!admitted) limited_.fetch_add(1, std::memory_order_relaxed);
    return admitted;
}

void Witness::give_up(const AgentKey& agent) {
    const std::lock_guard lock(mutex_);
    limits_.end(agent);
}

tunnel::ControlMessage Witness::answer(const AgentKey& agent, const tunnel::Checkpoint& offer,
                                       TimePoint now) {
    WitnessDecision decision;
    const auto kept = store_.change(agent, origin_of(offer), [&](AgentLogs& own, AgentLogs* owner) {
        decision = decide(own, owner, offer, signer_, now);
    });
    give_up(agent);
    if (!kept) {  // then nothing may be countersigned: the hub would not know of it
        log::error("witness.failed", {{"agent", agent.name}, {"error", to_text(kept.error())}});
        return tunnel::WitnessRefused{"unavailable", 0, "the hub cannot keep checkpoints"};
    }
    for (const auto& [of, alarm] : decision.raised) tell(of, alarm);
    return std::move(decision.answer);
}

Succession Witness::expect(const AgentKey& agent, const certs::Restored& restored, TimePoint now) {
    Succession succession;
    const auto kept =
        store_.change(agent, restored.next_origin, [&](AgentLogs& own, AgentLogs* owner) {
            succession = expect_successor(own, owner != nullptr, restored, now);
        });
    if (kept) return succession;
    return {false, "the hub cannot keep what follows: " + to_text(kept.error())};
}

bool SilenceWatch::is_silent(const AgentKey& agent, TimePoint at) {
    auto& seen = agents_[agent];
    if (seen.at != at) seen = {.at = at};
    return ++seen.looks == looks_max + 1;
}

Result<void> Witness::look_for_silence(const std::vector<AgentKey>& attached, TimePoint now) {
    const auto all = store_.all();
    if (!all) return all.error();
    for (const auto& known : *all) {
        if (known.logs.empty() || std::ranges::find(attached, known.agent) == attached.end())
            continue;
        if (!silence_.is_silent(known.agent, known.logs.back().at)) continue;
        std::optional<LogAlarm> raised;
        const auto kept = store_.change(known.agent, {}, [&](AgentLogs& own, AgentLogs*) {
            if (own.logs.empty()) return;
            const auto& log = own.logs.back();
            raised =
                raise(own, log.origin, "silent",
                      "the agent has a link, and has offered nothing of the log " + log.origin +
                          " that goes on from its " + std::to_string(log.size) + " records for " +
                          std::to_string(SilenceWatch::looks_max) + " minutes",
                      now);
        });
        if (!kept) return kept;
        if (raised) tell(known.agent, *raised);
    }
    return {};
}

void Witness::tell(const AgentKey& agent, const LogAlarm& alarm) {
    log::error("witness.alarm", {{"agent", agent.name},
                                 {"tenant", agent.tenant_id},
                                 {"code", alarm.code},
                                 {"reason", alarm.text}});
    if (told_) told_(agent, alarm);
}

}  // namespace sallyport::hub
