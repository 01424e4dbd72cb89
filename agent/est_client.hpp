// The client's side of EST (RFC 7030, RFC 8951).
#pragma once

#include "agent/hub_address.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "daemon/dial_out.hpp"
#include "http/fetch.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "net/tls_context.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// Where an EST server is and how to speak to it.
struct EstServerPlace {
    HubAddress address;
    std::string path = "/.well-known/est";  // may end with a label
    daemon::ProxyWay proxy = {};
    std::shared_ptr<const net::TlsContext> context = {};
    std::string restored = {};  // value of certs::restored_field, or empty
};

/// What it said.
struct EstReply {
    int status = 0;
    std::vector<certs::Certificate> certificates = {};  // with 200
    std::string text = {};                              // otherwise, for people or of est_bind
    std::optional<std::chrono::sys_seconds> date = {};  // of the server's clock
    std::optional<std::chrono::seconds> retry_after = {};
};

/// One operation, on a connection of its own. Errors: of the network, of TLS, Errc::protocol if the
/// answer is not EST's; an answer other than 200 is none.
net::Task<Result<EstReply>> est_get_authorities(net::Loop& loop, net::BlockingPool& pool,
                                                EstServerPlace place);
/// `operation`: simpleenroll or simplereenroll. `authorization`: value of that field, or empty.
net::Task<Result<EstReply>> est_request(net::Loop& loop, net::BlockingPool& pool,
                                        EstServerPlace place, std::string operation,
                                        std::string request_der, std::string authorization);

/// Tells the hub which certificate of an external authority is this agent's
/// (docs/PROTOCOL.md#external). With 200 the text is the name that the agent has at the hub.
net::Task<Result<EstReply>> est_bind(net::Loop& loop, net::BlockingPool& pool, EstServerPlace place,
                                     http::FetchRequest request);

/// An answer that is not the certificate, as an error that says what to do.
Error est_refusal(const EstReply& reply, std::string_view who = "the hub");

/// Our clock less the server's, if it told its time.
std::optional<std::chrono::seconds> clock_skew(const EstReply& reply, certs::Time now);
/// After a handshake that failed (Errc::untrusted), perhaps for the dates of the certificates: what
/// our clock is less the hub's. `place` has a TLS context for which dates do not count; nothing but
/// the time is taken from the answer.
net::Task<std::optional<std::chrono::seconds>> est_ask_clock(net::Loop& loop,
                                                             net::BlockingPool& pool,
                                                             EstServerPlace place, certs::Time now);
/// More than this is said to the administrator.
inline constexpr std::chrono::seconds skew_tolerated_max{60};
/// "this machine's clock is 17 minutes behind the hub's", or "" if it is within tolerance.
std::string describe_skew(std::optional<std::chrono::seconds> skew);

/// The authorities among the certificates.
std::vector<certs::Certificate> authorities_of(const EstReply& reply);
/// The certificate for our key among what came, good now and led to one of `anchors`. Errors:
/// Errc::protocol, Errc::untrusted; the detail names a clock that is wrong.
Result<certs::Certificate> own_certificate(const EstReply& reply, const certs::Key& key,
                                           std::span<const certs::Certificate> anchors,
                                           certs::Time now);

}  // namespace sallyport::agent
