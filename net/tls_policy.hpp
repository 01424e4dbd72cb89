// OpenSSL's side of a TlsContext: what is decided about one connection, during its handshake.
// Seen in net/tls_*.cpp only.
#pragma once

#include "base/bytes.hpp"
#include "certs/openssl.hpp"
#include "net/tls_context.hpp"
#include "net/tls_fault.hpp"

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {

using SslPtr = std::unique_ptr<SSL, certs::FreeWith<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, certs::FreeWith<SSL_CTX_free>>;

/// Who may be at the other end.
struct TlsTrust {
    certs::ExtendedUsage usage = certs::ExtendedUsage::server_auth;
    /// The leaf must say the usage itself and must not be an authority. Old back ends have neither
    /// property, so it is not asked of them.
    bool strict = true;
    certs::IsDenied is_denied;
    CurrentLists revoked;
    std::vector<certs::KeyHash> pins;                // of the leaf; empty: any key
    std::optional<certs::KeyHash> pinned_authority;  // instead of anchors
    bool at_any_time = false;                        // dates do not count
    std::chrono::seconds expired_grace{0};           // on enrolment connections only
    ExternalAuthorities external;                    // on links and enrolment connections only
};

/// A certificate, its issuers and its key, ready to be put into a connection.
class TlsCredentials {
public:
    static Result<TlsCredentials> of(const TlsIdentity& identity);
    Result<void> use_in(SSL_CTX* context) const;
    bool use_in(SSL* connection) const;

private:
    std::vector<certs::Certificate> chain_;
    std::optional<certs::Key> key_;
};

struct TlsContext::Implementation {
    SslContextPtr context;
    bool server = false;
    std::string peer_is;  // "the hub", in error texts
    std::string alpn;     // a client's: what must be agreed on, or empty
    TlsTrust trust;
    struct Named {
        std::vector<std::string> names;
        TlsCredentials credentials;
    };
    std::vector<Named> named;
};

/// The kinds of peer on the hub's port.
enum class TlsKind { link, enrolment, http };

/// What is found out about one connection while it is made; hangs on the SSL object.
struct TlsNotes {
    TlsKind kind = TlsKind::http;
    bool names_protocol = false;         // the client sent ALPN
    std::string host;                    // a client's: whom the server must be
    std::string refusal;                 // why we refused the peer's certificate
    std::optional<TlsFault> fault;       // likewise, if the chain itself was good
    bool asked_for_certificate = false;  // the server, of this client
    bool external = false;  // not the anchors, but an external authority vouches for it
    std::vector<certs::Certificate> path;  // of a client's certificate: it and every intermediate
};

/// The body of an ALPN extension (RFC 7301 section 3.1) as the client sent it.
/// Errors: Errc::malformed, or Errc::unsupported if there is nothing we speak.
Result<TlsKind> choose_kind(BytesView extension);

/// "*.example.com" stands for exactly one label (RFC 6125 section 6.4.3). Case does not matter.
bool name_matches(std::string_view pattern, std::string_view name);

/// Callbacks of OpenSSL; their argument is the TlsContext::Implementation.
int on_client_hello(SSL* connection, int* alert, void* implementation);
int on_choose_certificate(SSL* connection, void* implementation);
int on_select_protocol(SSL* connection, const unsigned char** out, unsigned char* out_size,
                       const unsigned char* in, unsigned in_size, void* implementation);
int on_verify(X509_STORE_CTX* chain, void* implementation);

/// Why a call of OpenSSL failed, from its error queue (which it empties) and `notes`, in words that
/// say who is meant.
Error tls_error(const TlsContext::Implementation& implementation, const TlsNotes& notes);

}  // namespace sallyport::net
