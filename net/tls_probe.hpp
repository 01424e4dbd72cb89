#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::net {

/// What a TLS server shows to anybody.
struct TlsShown {
    std::string version{};                    // "TLSv1.2"
    std::string alpn{};                       // what it chose of what was offered; may be empty
    std::vector<certs::Certificate> chain{};  // as it came: the leaf first, nothing checked
};

/// Shakes hands with whoever is at the other end of `wire` and BELIEVES EVERYBODY: nothing is shown
/// to the server, nothing is sent, the connection is closed. For finding out why a handshake that
/// does check fails; no answer of it means anything else. TLS 1.0 and weak keys pass.
/// `host`: sent as SNI. `alpn`: offered if not empty.
/// Errors: as TlsDuplex::handshake.
Task<Result<TlsShown>> probe_tls(Loop& loop, std::unique_ptr<Duplex> wire, std::string host,
                                 std::string alpn, Deadline deadline);

}  // namespace sallyport::net
