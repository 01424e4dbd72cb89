// Whether agents can be reached, and whether the hub can serve: pure.
#pragma once

#include "daemon/health_answers.hpp"
#include "hub/registry.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::hub {

using daemon::NotReady;

/// Whether a synthetic exchange has gone through this agent lately. One of an older version that
/// does not answer them counts as ready for as long as it has a link.
bool is_ready(const Registry::Status& agent, std::chrono::milliseconds interval,
              Registry::Time now);

struct ReadyFacts {
    bool stopping = false;
    std::string audit = {};  // why no certificate may be issued; empty: it may
    std::vector<Registry::Status> agents = {};
    std::chrono::milliseconds interval{0};
};

/// Nothing: it is ready. Where agents are attached, at least one of them must be ready; a hub that
/// nobody has come to yet is ready for those who will.
std::vector<NotReady> judge_readiness(const ReadyFacts& facts, Registry::Time now);

}  // namespace sallyport::hub
