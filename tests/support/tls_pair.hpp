#pragma once

#include "base/error.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/test_pki.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::test {

using TlsContextPtr = std::shared_ptr<const net::TlsContext>;

/// A hub's port and its clients, with the defaults that a test then spoils one by one.
class TlsWorld {
public:
    explicit TlsWorld(TestPki pki = TestPki()) : pki_(std::move(pki)) {}

    const TestPki& pki() const { return pki_; }
    TlsContextPtr hub(const net::HubServerOptions& changes = {}) const {
        return hub(pki_.hub(), changes);
    }
    TlsContextPtr hub(const Held& shown, net::HubServerOptions changes = {}) const;
    /// A client with the hub's CA as anchor.
    TlsContextPtr agent(std::string_view alpn = net::alpn::link) const {
        return agent(pki_.agent(), alpn);
    }
    TlsContextPtr agent(const Held& shown, std::string_view alpn = net::alpn::link) const;
    TlsContextPtr client_without_certificate(std::string_view alpn) const;
    /// A foreign client: TLS >= 1.2, any or no ALPN.
    TlsContextPtr foreign(std::string_view alpn) const;

private:
    TestPki pki_;
};

/// Both ends after both have tried their handshakes.
struct TlsPair {
    std::unique_ptr<net::TlsDuplex> client;
    std::unique_ptr<net::TlsDuplex> server;
    Result<void> client_done = Error{Errc::failed, "not run"};
    Result<void> server_done = Error{Errc::failed, "not run"};

    bool up() const { return client_done.has_value() && server_done.has_value(); }
};

TlsPair shake_hands(net::Loop& loop, const TlsContextPtr& server, const TlsContextPtr& client,
                    std::string_view host = "hub.test", WireOptions options = {});
/// Over wires of the test's choice: first the client's end, then the server's.
TlsPair shake_hands(net::Loop& loop, const TlsContextPtr& server, const TlsContextPtr& client,
                    std::string_view host, std::unique_ptr<net::Duplex> client_wire,
                    std::unique_ptr<net::Duplex> server_wire);

/// What the client's first read finds, after the wire has settled; the text of failure() if it
/// failed, else "".
std::string first_read_failure(net::Loop& loop, net::TlsDuplex& tls);

}  // namespace sallyport::test
