#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "certs/revocation.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::net {

/// What the protocols on the hub's one port are called (RFC 7301). A client without ALPN speaks
/// HTTP/1.1.
namespace alpn {
inline constexpr std::string_view link = "rh2";
inline constexpr std::string_view enrolment = "sallyport-est";
inline constexpr std::string_view http = "http/1.1";
}  // namespace alpn

/// What one end shows: the leaf first, then its issuers. Only looked at during the call.
struct TlsIdentity {
    std::span<const certs::Certificate> chain = {};
    const certs::Key* key = nullptr;
};

/// One more certificate of the hub's port, for HTTP/1.1 clients that name one of `names` (SNI).
struct NamedIdentity {
    std::vector<std::string> names;  // "api.example.com", "*.example.com" (one label)
    TlsIdentity identity;
};

/// Where a certificate that the server's own authorities do not vouch for may be shown.
enum class ExternalUse { link, enrolment };
/// The authorities that may vouch for a certificate, none: it is refused; and their lists, or null.
struct ExternalTrust {
    std::vector<certs::Certificate> anchors = {};
    std::shared_ptr<const certs::RevocationLists> revoked = nullptr;
};
/// Who may vouch for `leaf` there. Nothing in the certificate but its fingerprint says anything to
/// whoever answers this.
using ExternalAuthorities =
    std::function<ExternalTrust(const certs::Certificate& leaf, ExternalUse use)>;
/// The revocation lists of one handshake; may be null.
using CurrentLists = std::function<std::shared_ptr<const certs::RevocationLists>()>;

/// The hub's port (docs/PROTOCOL.md#one-port).
struct HubServerOptions {
    /// From the hub's own CA, for links, enrolment, and HTTP/1.1 clients that name no other. Its
    /// chain must contain the CA's certificate: an agent that enrols looks for the pinned key in
    /// it.
    TlsIdentity own = {};
    std::vector<NamedIdentity> named = {};
    std::span<const certs::Certificate> client_anchors = {};
    certs::IsDenied is_denied = {};  // called during handshakes, on any thread; may be empty
    CurrentLists revoked = {};       // likewise; of `client_anchors`
    /// Enrolment connections may show a certificate that expired less than this ago; who answers
    /// them looks at its date. No other connection may.
    std::chrono::seconds expired_grace{0};
    /// Asked during handshakes of links and enrolments, on any thread, when `client_anchors` do not
    /// vouch for the client's certificate; may be empty. See TlsDuplex::external_peer.
    ExternalAuthorities external_authorities = {};
};

/// A server that is not the hub's port: TLS >= 1.2, `alpn` if the client offers it.
struct PlainServerOptions {
    TlsIdentity own = {};
    std::string_view alpn = alpn::http;
    /// Who vouches for clients, whose certificates are asked for, but not demanded; empty: none is.
    std::span<const certs::Certificate> client_anchors = {};
};

/// A link or an enrolment to a hub whose CA is known: TLS 1.3.
struct HubClientOptions {
    std::string_view alpn = alpn::link;
    TlsIdentity own = {};  // may be empty (first enrolment)
    std::span<const certs::Certificate> anchors = {};
    /// Certificates of any date pass: for asking what time it is at the hub, and nothing else.
    bool at_any_time = false;
};

/// A first enrolment, which knows the hub's CA only by the hash in the join token: the presented
/// chain must contain a CA certificate with that key, and lead to it. TLS 1.3.
struct PinnedClientOptions {
    std::string_view alpn = alpn::enrolment;
    certs::KeyHash ca_key_hash{};
    bool at_any_time = false;  // as above
};

/// A back end, or any other server inside the company: TLS >= 1.2. Trusts nothing but `anchors`.
struct BackEndClientOptions {
    std::span<const certs::Certificate> anchors = {};
    std::shared_ptr<const certs::RevocationLists> revoked = nullptr;
    std::vector<certs::KeyHash> pins = {};      // not empty: the leaf's key must be one of them
    TlsIdentity own = {};                       // may be empty
    std::string_view alpn = {};                 // empty: none offered
    std::string_view peer_is = "the back end";  // how error texts call the other side
};

/// Everything that connections of one kind share: protocol versions, certificates, trust. Immutable
/// after creation and safe to use from several threads; a reload makes a new one, and connections
/// that run go on with theirs. Never any session ticket, resumption, early data, renegotiation or
/// compression.
/// Errors of all: Errc::untrusted with OpenSSL's reason if a certificate and key do not fit.
class TlsContext {
public:
    static Result<std::shared_ptr<const TlsContext>> hub_server(const HubServerOptions& options);
    static Result<std::shared_ptr<const TlsContext>> plain_server(
        const PlainServerOptions& options);
    static Result<std::shared_ptr<const TlsContext>> hub_client(const HubClientOptions& options);
    static Result<std::shared_ptr<const TlsContext>> pinned_client(
        const PinnedClientOptions& options);
    static Result<std::shared_ptr<const TlsContext>> back_end_client(
        const BackEndClientOptions& options);

    struct Implementation;
    explicit TlsContext(std::unique_ptr<Implementation> implementation);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    const Implementation& implementation() const { return *implementation_; }

private:
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::net
