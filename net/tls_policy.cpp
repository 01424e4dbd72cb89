#include "net/tls_policy.hpp"

#include "base/error.hpp"

#include <openssl/err.h>

#include <algorithm>

namespace sallyport::net {
namespace {

using certs::openssl_error;

std::string_view protocol_of(TlsKind kind) {
    switch (kind) {
        case TlsKind::link:
            return alpn::link;
        case TlsKind::enrolment:
            return alpn::enrolment;
        case TlsKind::http:
            return alpn::http;
    }
    return {};
}

struct StackFree {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not the certificates
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackFree>;

StackPtr issuers_of(const std::vector<certs::Certificate>& chain) {
    StackPtr stack(sk_X509_new_null());
    for (std::size_t i = 1; stack && i < chain.size(); ++i)
        if (sk_X509_push(stack.get(), chain[i].get()) == 0) stack.reset();
    return stack;
}

TlsNotes& notes_of(const SSL* connection) {
    return *static_cast<TlsNotes*>(SSL_get_app_data(connection));
}

}  // namespace

Result<TlsCredentials> TlsCredentials::of(const TlsIdentity& identity) {
    if (identity.chain.empty() || identity.key == nullptr)
        return Error{Errc::untrusted, "an identity needs a certificate and a key"};
    TlsCredentials made;
    made.chain_.assign(identity.chain.begin(), identity.chain.end());
    made.key_ = *identity.key;
    const auto& leaf = made.chain_.front();
    if (leaf.public_key_hash() != made.key_->public_key_hash())
        return Error{Errc::untrusted,
                     "the key does not belong to the certificate of " + leaf.subject()};
    return made;
}

Result<void> TlsCredentials::use_in(SSL_CTX* context) const {
    const auto issuers = issuers_of(chain_);
    if (!issuers ||
        SSL_CTX_use_cert_and_key(context, chain_.front().get(), key_->get(), issuers.get(), 1) != 1)
        return openssl_error("use the certificate of " + chain_.front().subject(), Errc::untrusted);
    return {};
}

bool TlsCredentials::use_in(SSL* connection) const {
    const auto issuers = issuers_of(chain_);
    return issuers && SSL_use_cert_and_key(connection, chain_.front().get(), key_->get(),
                                           issuers.get(), 1) == 1;
}

Result<TlsKind> choose_kind(BytesView extension) {
    const auto malformed = Error{Errc::malformed, "ALPN extension"};
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(extension[i]); };
    if (extension.size() < 2 || byte(0) * 256 + byte(1) != extension.size() - 2) return malformed;
    std::optional<TlsKind> chosen;
    for (std::size_t at = 2; at < extension.size();) {
        const auto size = byte(at++);
        if (size == 0 || size > extension.size() - at) return malformed;
        const auto name = as_text(extension.subspan(at, size));
        at += size;
        // Ours win over HTTP, whatever the order: they are the stricter ones.
        for (const auto kind : {TlsKind::link, TlsKind::enrolment, TlsKind::http})
            if (name == protocol_of(kind) && (!chosen || kind < *chosen)) chosen = kind;
    }
    if (!chosen) return Error{Errc::unsupported, "no protocol of ours in ALPN"};
    return *chosen;
}

bool name_matches(std::string_view pattern, std::string_view name) {
    if (!pattern.starts_with("*.")) return equal_ignoring_case(pattern, name);
    const auto dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 &&
           equal_ignoring_case(pattern.substr(1), name.substr(dot));
}

int on_client_hello(SSL* connection, int* alert, void*) {
    auto& notes = notes_of(connection);
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_application_layer_protocol_negotiation,
                                  &data, &size) == 1) {
        const auto kind = choose_kind({reinterpret_cast<const std::byte*>(data), size});
        if (!kind) {
            *alert = kind.error().code == Errc::malformed ? SSL_AD_DECODE_ERROR
                                                          : SSL_AD_NO_APPLICATION_PROTOCOL;
            notes.refusal = kind.error().detail;
            return SSL_CLIENT_HELLO_ERROR;
        }
        notes.kind = *kind;
        notes.names_protocol = true;
    }
    if (notes.kind == TlsKind::http) return SSL_CLIENT_HELLO_SUCCESS;
    SSL_set_min_proto_version(connection, TLS1_3_VERSION);
    const int demand = notes.kind == TlsKind::link ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_set_verify(connection, SSL_VERIFY_PEER | demand, nullptr);
    return SSL_CLIENT_HELLO_SUCCESS;
}

int on_choose_certificate(SSL* connection, void* implementation) {
    const auto& hub = *static_cast<const TlsContext::Implementation*>(implementation);
    if (notes_of(connection).kind != TlsKind::http) return 1;
    const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return 1;
    for (const auto& named : hub.named)
        for (const auto& pattern : named.names)
            if (name_matches(pattern, name)) return named.credentials.use_in(connection) ? 1 : 0;
    return 1;
}

int on_select_protocol(SSL* connection, const unsigned char** out, unsigned char* out_size,
                       const unsigned char* in, unsigned in_size, void* implementation) {
    const auto& server = *static_cast<const TlsContext::Implementation*>(implementation);
    const auto& notes = notes_of(connection);
    // A plain server ignores protocols it does not know; the hub's port has decided already.
    const std::string_view wanted = server.alpn.empty() ? protocol_of(notes.kind) : server.alpn;
    for (unsigned at = 0; at < in_size; at += 1U + in[at]) {
        const std::string_view name(reinterpret_cast<const char*>(in + at + 1), in[at]);
        if (name != wanted) continue;
        *out = in + at + 1;
        *out_size = in[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return server.alpn.empty() ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace sallyport::net
