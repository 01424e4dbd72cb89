// Whether the agent can serve, and why not: pure.
#pragma once

#include "agent/ready_board.hpp"
#include "daemon/health_answers.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::agent {

struct ReadyFacts {
    bool draining = false;
    std::string certificate = {};  // why its certificate will not last; empty: it will
    std::string audit = {};        // why no exchange may pass; empty: it may
    std::vector<ReadyBoard::Hub> hubs = {};
};

using daemon::NotReady;

/// Nothing: it is ready. Of each hub a link must be up, and a synthetic exchange must have gone
/// hub -> agent -> hub lately, if the hub makes any.
std::vector<NotReady> judge_readiness(const ReadyFacts& facts, ReadyBoard::Time now);

}  // namespace sallyport::agent
