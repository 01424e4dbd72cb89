#pragma once

#include "hub/store_witness.hpp"
#include "tlog/signer.hpp"
#include "tunnel/control_message.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::hub {

/// Logs of one agent that the hub remembers, also those that it has left behind; and those whose
/// alarm stands: who makes ever new ones must not push out what was countersigned.
inline constexpr std::size_t logs_per_agent_max = 16;
inline constexpr std::size_t logs_with_alarm_max = 4;

struct RaisedAlarm {
    AgentKey agent;
    LogAlarm alarm;
};

struct WitnessDecision {
    tunnel::ControlMessage answer = {};    // Cosigned or WitnessRefused
    std::vector<RaisedAlarm> raised = {};  // now, for the operator's log
};

/// Keeps the alarm, and returns it if it is news: whoever repeats what is wrong must not make the
/// hub write for each.
std::optional<LogAlarm> raise(AgentLogs& own, std::string log, std::string code, std::string text,
                              TimePoint now);

/// Forgets the oldest logs above logs_per_agent_max, those without an alarm first.
void make_room(AgentLogs& own);

/// The log that is offered; empty if that is none.
std::string origin_of(const tunnel::Checkpoint& offer);

/// Decides about an agent's checkpoint, and keeps what is accepted in `own`. A log is believed on
/// first use to be the agent's, with the key that signed, and never anybody else's: `owner` is the
/// other agent that the log belongs to, nullptr if there is none. Pure.
WitnessDecision decide(AgentLogs& own, AgentLogs* owner, const tunnel::Checkpoint& offer,
                       const tlog::Cosigner& witness, TimePoint now);

}  // namespace sallyport::hub
