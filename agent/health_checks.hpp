#pragma once

#include "agent/mapping_states.hpp"
#include "agent/site.hpp"
#include "agent/ways.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <memory>

namespace sallyport::agent {

/// Looks after the internal hosts of mappings that have a health = { … }, from one loop for the
/// whole agent: goes the way that exchanges go, with the same trust, and logs on as nobody.
class HealthChecks {
public:
    /// At once; those of more hosts wait for each other.
    static constexpr std::size_t checks_max = 16;

    HealthChecks(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                 std::shared_ptr<MappingStates> states);

    /// From now on the hosts of this site.
    void use(const SitePtr& site);
    net::Task<void> stop();

private:
    struct Host;
    net::Task<void> watch(std::shared_ptr<const Host> host);
    net::Task<Result<void>> check(const Host& host);

    net::Loop& loop_;
    Ways ways_;
    std::shared_ptr<MappingStates> states_;
    net::TaskGroup tasks_;
    std::size_t running_ = 0;  // checks, right now
};

/// What a GET that a health check made says of the host: nothing if it is well. Pure.
std::optional<std::string> why_unhealthy(int status);

}  // namespace sallyport::agent
