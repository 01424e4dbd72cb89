#include "hub/readiness.hpp"

#include "base/config_reader.hpp"
#include "tunnel/ready.hpp"

#include <algorithm>

namespace sallyport::hub {

bool is_ready(const Registry::Status& agent, std::chrono::milliseconds interval,
              Registry::Time now) {
    if (!agent.member.answers_ready) return agent.links > 0;
    return agent.ready.at != Registry::Time() &&
           now - agent.ready.at <= tunnel::ready_lasts(interval);
}

std::vector<NotReady> judge_readiness(const ReadyFacts& facts, Registry::Time now) {
    std::vector<NotReady> reasons;
    if (facts.stopping) reasons.push_back({"stopping", "it finishes what runs and stops"});
    if (!facts.audit.empty()) reasons.push_back({"audit", facts.audit});
    const bool any = std::ranges::any_of(facts.agents, [&](const Registry::Status& agent) {
        return is_ready(agent, facts.interval, now);
    });
    if (!any && !facts.agents.empty())
        reasons.push_back(
            {"no_answer", "of " + std::to_string(facts.agents.size()) +
                              " attached agents none has answered a synthetic exchange lately; "
                              "the hub makes one every " +
                              format_duration(facts.interval)});
    return reasons;
}

}  // namespace sallyport::hub
