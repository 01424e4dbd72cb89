#include "net/tls_context.hpp"

#include "net/tls_policy.hpp"

namespace sallyport::net {
namespace {

using certs::openssl_error;
using Made = Result<std::unique_ptr<TlsContext::Implementation>>;

constexpr int chain_depth_max = 8;
constexpr long chain_bytes_max = 64 * 1024;

// AES-128 first: on the machines we run on it costs a quarter less than AES-256, and every byte of
// a tunnel passes through it four times.
constexpr auto suites_13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr auto suites_12_aead = "ECDHE+AESGCM:ECDHE+CHACHA20";
// Back ends may be old: CBC and RSA key exchange pass, anything weaker does not.
constexpr auto suites_12_back_end = "ECDHE+AESGCM:ECDHE+CHACHA20:HIGH:!aNULL:!eNULL:!PSK:!SRP:!DSS";

Made make(bool server, int version_min, const char* suites_12) {
    auto made = std::make_unique<TlsContext::Implementation>();
    made->server = server;
    made->context.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    auto* context = made->context.get();
    if (context == nullptr) return openssl_error("make a TLS context");
    SSL_CTX_set_app_data(context, made.get());
    SSL_CTX_set_security_level(context, 2);
    if (SSL_CTX_set_min_proto_version(context, version_min) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, suites_13) != 1 ||
        SSL_CTX_set_cipher_list(context, suites_12) != 1)
        return openssl_error("choose TLS versions and suites");
    // No resumption of any kind: a ticket would outlive the revocation of the certificate it came
    // from, because OpenSSL does not check the certificate again.
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_max_early_data(context, 0);
    // An idle connection keeps no record buffers; chains are what we were given, nothing is added.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_verify_depth(context, chain_depth_max);
    SSL_CTX_set_max_cert_list(context, chain_bytes_max);
    SSL_CTX_set_cert_verify_callback(context, on_verify, made.get());
    return made;
}

Result<void> trust(TlsContext::Implementation& made, std::span<const certs::Certificate> anchors) {
    auto* store = SSL_CTX_get_cert_store(made.context.get());
    for (const auto& anchor : anchors)
        if (X509_STORE_add_cert(store, anchor.get()) != 1)
            return openssl_error("trust " + anchor.subject());
    // An anchor is what the administrator says it is, self-signed or not.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(made.context.get()), X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

Result<void> show(TlsContext::Implementation& made, const TlsIdentity& identity) {
    if (identity.key == nullptr && identity.chain.empty()) return {};
    const auto credentials = TlsCredentials::of(identity);
    if (!credentials) return credentials.error();
    return credentials->use_in(made.context.get());
}

Result<void> speak(TlsContext::Implementation& made, std::string_view protocol) {
    made.alpn = protocol;
    if (protocol.empty()) return {};
    const auto list = static_cast<char>(protocol.size()) + std::string(protocol);
    if (SSL_CTX_set_alpn_protos(made.context.get(),
                                reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size())) != 0)
        return openssl_error("offer the protocol " + std::string(protocol));
    return {};
}

Result<std::shared_ptr<const TlsContext>> share(
    std::unique_ptr<TlsContext::Implementation> implementation) {
    return std::make_shared<const TlsContext>(std::move(implementation));
}

Made make_client(std::string_view peer_is, int version_min, const char* suites_12) {
    auto made = make(false, version_min, suites_12);
    if (!made) return made;
    (*made)->peer_is = peer_is;
    (*made)->trust.usage = certs::ExtendedUsage::server_auth;
    auto* context = (*made)->context.get();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return made;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::hub_server(const HubServerOptions& options) {
    auto made = make(true, TLS1_2_VERSION, suites_12_aead);
    if (!made) return made.error();
    auto& hub = **made;
    hub.peer_is = "the client";
    hub.trust.usage = certs::ExtendedUsage::client_auth;
    hub.trust.is_denied = options.is_denied;
    hub.trust.revoked = options.revoked;
    hub.trust.expired_grace = options.expired_grace;
    hub.trust.external = options.external_authorities;
    if (auto shown = show(hub, options.own); !shown) return shown.error();
    if (auto trusted = trust(hub, options.client_anchors); !trusted) return trusted.error();
    for (const auto& named : options.named) {
        auto credentials = TlsCredentials::of(named.identity);
        if (!credentials) return credentials.error();
        hub.named.push_back({named.names, std::move(*credentials)});
    }
    auto* context = hub.context.get();
    for (const auto& anchor : options.client_anchors) SSL_CTX_add_client_CA(context, anchor.get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, &hub);
    SSL_CTX_set_cert_cb(context, on_choose_certificate, &hub);
    SSL_CTX_set_alpn_select_cb(context, on_select_protocol, &hub);
    return share(std::move(*made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::plain_server(
    const PlainServerOptions& options) {
    auto made = make(true, TLS1_2_VERSION, suites_12_aead);
    if (!made) return made.error();
    (*made)->peer_is = "the client";
    (*made)->alpn = options.alpn;
    if (auto shown = show(**made, options.own); !shown) return shown.error();
    if (!options.client_anchors.empty()) {
        (*made)->trust.usage = certs::ExtendedUsage::client_auth;
        if (auto trusted = trust(**made, options.client_anchors); !trusted) return trusted.error();
        auto* context = (*made)->context.get();
        for (const auto& anchor : options.client_anchors)
            SSL_CTX_add_client_CA(context, anchor.get());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    if (!options.alpn.empty())
        SSL_CTX_set_alpn_select_cb((*made)->context.get(), on_select_protocol, made->get());
    return share(std::move(*made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::hub_client(const HubClientOptions& options) {
    auto made = make_client("the hub", TLS1_3_VERSION, suites_12_aead);
    if (!made) return made.error();
    (*made)->trust.at_any_time = options.at_any_time;
    if (auto shown = show(**made, options.own); !shown) return shown.error();
    if (auto trusted = trust(**made, options.anchors); !trusted) return trusted.error();
    if (auto spoken = speak(**made, options.alpn); !spoken) return spoken.error();
    return share(std::move(*made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::pinned_client(
    const PinnedClientOptions& options) {
    auto made = make_client("the hub", TLS1_3_VERSION, suites_12_aead);
    if (!made) return made.error();
    (*made)->trust.pinned_authority = options.ca_key_hash;
    (*made)->trust.at_any_time = options.at_any_time;
    if (auto trusted = trust(**made, {}); !trusted) return trusted.error();
    if (auto spoken = speak(**made, options.alpn); !spoken) return spoken.error();
    return share(std::move(*made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::back_end_client(
    const BackEndClientOptions& options) {
    auto made = make_client(options.peer_is, TLS1_2_VERSION, suites_12_back_end);
    if (!made) return made.error();
    (*made)->trust.strict = false;
    (*made)->trust.revoked = [lists = options.revoked] { return lists; };
    (*made)->trust.pins = options.pins;
    if (auto shown = show(**made, options.own); !shown) return shown.error();
    if (auto trusted = trust(**made, options.anchors); !trusted) return trusted.error();
    if (auto spoken = speak(**made, options.alpn); !spoken) return spoken.error();
    (*made)->alpn.clear();  // offered, not demanded: old servers know no ALPN
    return share(std::move(*made));
}

}  // namespace sallyport::net
