// The client's side of EST (RFC 7030, RFC 8951).
#pragma once

#include "agent/hub_dialler.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
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
    ProxyWay proxy = {};
    std::shared_ptr<const net::TlsContext> context = {};
};

/// What it said.
struct EstReply {
    int status = 0;
    std::vector<certs::Certificate> certificates = {};  // with 200
    std::string text = {};                              // otherwise, for people
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

/// An answer that is not the certificate, as an error that says what to do.
Error est_refusal(const EstReply& reply);

/// Our clock less the server's, if it told its time.
std::optional<std::chrono::seconds> clock_skew(const EstReply& reply, certs::Time now);
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
