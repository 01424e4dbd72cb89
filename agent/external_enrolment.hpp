// Certificates of the company's own authority instead of the hub's (docs/PROTOCOL.md#external).
#pragma once

#include "agent/config.hpp"
#include "agent/est_client.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/identity.hpp"
#include "certs/key.hpp"
#include "certs/spiffe.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// What a certificate is asked for.
struct ExternalOrder {
    EnrolmentConfig server;
    certs::Key key;           // the new one
    std::string common_name;  // of the request; the server may take it or not
    /// Shown for a renewal; expired or not there: the credentials_file speaks for the agent.
    std::optional<certs::Identity> present = {};
    certs::Time now = {};
    /// Hears of every answer, for its clock and its Retry-After. May be empty.
    std::function<void(const EstReply&)> heard = {};
};

/// A certificate for the key, from the EST server, with the issuers that the server tells: the leaf
/// first. Errors say what to do.
net::Task<Result<std::vector<certs::Certificate>>> order_externally(net::Loop& loop,
                                                                    net::BlockingPool& pool,
                                                                    ExternalOrder order);

/// The issuers to show after a leaf: what came, without anchors and doubles.
std::vector<certs::Certificate> issuers_to_show(const std::vector<certs::Certificate>& told,
                                                const certs::Certificate& leaf);

/// Tells the hub, with a join token, that `candidate` is this agent's. `place` is the hub's, its
/// TLS context is made here from `candidate`.
net::Task<Result<EstReply>> bind_first(net::Loop& loop, net::BlockingPool& pool,
                                       EstServerPlace place, const certs::Identity& candidate,
                                       std::string authorization);
/// Tells it, over `present`, that `candidate` follows it.
net::Task<Result<EstReply>> bind_next(net::Loop& loop, net::BlockingPool& pool,
                                      EstServerPlace place, const certs::Identity& present,
                                      const certs::Identity& candidate);

}  // namespace sallyport::agent
