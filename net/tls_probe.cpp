#include "net/tls_probe.hpp"

#include "net/tls_duplex.hpp"
#include "net/tls_policy.hpp"

#include <openssl/ssl.h>

namespace sallyport::net {
namespace {

/// Notes what is shown, and asks nothing of it.
int note_chain(X509_STORE_CTX* chain, void*) {
    const auto* connection = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& notes = *static_cast<TlsNotes*>(SSL_get_app_data(connection));
    const auto* shown = X509_STORE_CTX_get0_untrusted(chain);
    for (int i = 0; i < sk_X509_num(shown); ++i)
        if (auto certificate = certs::Certificate::of(sk_X509_value(shown, i)))
            notes.path.push_back(std::move(*certificate));
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

Result<std::shared_ptr<const TlsContext>> credulous_context(const std::string& alpn) {
    auto made = std::make_unique<TlsContext::Implementation>();
    made->context.reset(SSL_CTX_new(TLS_client_method()));
    auto* context = made->context.get();
    if (context == nullptr) return certs::openssl_error("make a TLS context");
    made->peer_is = "the server";
    SSL_CTX_set_app_data(context, made.get());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(context, note_chain, nullptr);
    const auto list = static_cast<char>(alpn.size()) + alpn;
    if (SSL_CTX_set_min_proto_version(context, TLS1_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0") != 1 ||
        (!alpn.empty() &&
         SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                                 static_cast<unsigned>(list.size())) != 0))
        return certs::openssl_error("choose TLS versions and suites");
    return std::make_shared<const TlsContext>(std::move(made));
}

}  // namespace

Task<Result<TlsShown>> probe_tls(Loop& loop, std::unique_ptr<Duplex> wire, std::string host,
                                 std::string alpn, Deadline deadline) {
    auto context = credulous_context(alpn);
    if (!context) co_return context.error();
    auto tls = TlsDuplex::client(std::move(*context), std::move(wire), host);
    if (!tls) co_return tls.error();
    const auto done = co_await (*tls)->handshake(loop, deadline);
    if (!done) co_return done.error();
    TlsShown shown;
    shown.version = (*tls)->version();
    shown.alpn = (*tls)->alpn();
    shown.chain = (*tls)->peer_path();
    (*tls)->close();
    co_return shown;
}

}  // namespace sallyport::net
