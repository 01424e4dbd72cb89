#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "tunnel/control_message.hpp"
#include "tunnel/flow.hpp"

#include <memory>
#include <type_traits>

namespace sallyport::net {
class BlockingPool;
class TlsContext;
}  // namespace sallyport::net

namespace sallyport::agent {

/// Why an identity did not prove itself, by what must happen to it.
enum class TrialFault {
    certificate = 1,  // it is of no use, and never will be
    agent,            // the hub does not take this process, whatever certificate it shows
};

const boost::system::error_category& trial_category();
inline boost::system::error_code make_error_code(TrialFault fault) {
    return {static_cast<int>(fault), trial_category()};
}

/// What the hub's refusal of a trial means.
Error trial_error(const tunnel::Refused& refused);
/// Whether a failed trial means that the identity will never work. The network, a proxy that says
/// no, or a copy of this agent do not speak against it.
bool condemns(const Error& error);

/// Proves that an identity works before anything depends on it: a link to the hub, all the way to
/// its welcome, that carries nothing and ends then. Errors: TrialFault if the hub said no, with its
/// reason, Errc::untrusted if one of the two did not like the other's certificate; else of the
/// network.
net::Task<Result<void>> try_link(net::Loop& loop, net::BlockingPool& pool,
                                 tunnel::MemoryBudget& budget, HubConfig hub,
                                 std::shared_ptr<const net::TlsContext> context,
                                 tunnel::Hello hello);

}  // namespace sallyport::agent

template <>
struct boost::system::is_error_code_enum<sallyport::agent::TrialFault> : std::true_type {};
