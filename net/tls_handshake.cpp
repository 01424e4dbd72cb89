// How a TLS connection comes about, and what it then knows about itself.
#include "net/endpoint.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/tls_engine.hpp"
#include "net/within.hpp"

namespace sallyport::net {
namespace {

/// Of OpenSSL: the server has sent a CertificateRequest (RFC 8446 section 4.3.2).
int on_certificate_request(SSL*, void* notes) {
    static_cast<TlsNotes*>(notes)->asked_for_certificate = true;
    return 1;
}

}  // namespace

Result<std::unique_ptr<TlsDuplex>> TlsDuplex::make(std::shared_ptr<const TlsContext> context,
                                                   std::unique_ptr<Duplex> wire) {
    const auto& shared = context->implementation();
    auto engine = std::make_unique<Engine>();
    engine->ssl.reset(SSL_new(shared.context.get()));
    auto bio = make_wire_bio(engine->wire);
    if (!engine->ssl || !bio) return certs::openssl_error("start TLS");
    auto* ssl = engine->ssl.get();
    SSL_set_app_data(ssl, &engine->notes);
    auto* both = bio.release();
    SSL_set_bio(ssl, both, both);  // takes one reference for both directions
    if (shared.server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return std::unique_ptr<TlsDuplex>(
        new TlsDuplex(std::move(context), std::move(wire), std::move(engine)));
}

Result<std::unique_ptr<TlsDuplex>> TlsDuplex::server(std::shared_ptr<const TlsContext> context,
                                                     std::unique_ptr<Duplex> wire) {
    return make(std::move(context), std::move(wire));
}

Result<std::unique_ptr<TlsDuplex>> TlsDuplex::client(std::shared_ptr<const TlsContext> context,
                                                     std::unique_ptr<Duplex> wire,
                                                     std::string_view host, TlsIdentity own) {
    auto made = make(std::move(context), std::move(wire));
    if (!made) return made;
    auto* ssl = (*made)->engine_->ssl.get();
    const std::string name(host);
    (*made)->engine_->notes.host = name;
    SSL_set_cert_cb(ssl, on_certificate_request, &(*made)->engine_->notes);
    auto* parameters = SSL_get0_param(ssl);
    const auto& trust = (*made)->context_->implementation().trust;
    X509_VERIFY_PARAM_set_hostflags(parameters,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                        (trust.strict ? X509_CHECK_FLAG_NEVER_CHECK_SUBJECT : 0U));
    const bool is_address = Endpoint::literal(name, 0).has_value();
    const int named = is_address
                          ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str())
                          : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
    if (name.empty() || name.find('\0') != std::string::npos || named != 1)
        return Error{Errc::malformed, "cannot check a certificate for the name '" + name + "'"};
    if (!is_address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
        return certs::openssl_error("name " + name + " to the server", Errc::malformed);
    if (own.key == nullptr && own.chain.empty()) return made;
    const auto credentials = TlsCredentials::of(own);
    if (!credentials) return credentials.error();
    if (!credentials->use_in(ssl))
        return certs::openssl_error("use the certificate of " + own.chain.front().subject(),
                                    Errc::untrusted);
    return made;
}

Task<Result<void>> TlsDuplex::handshake(Loop& loop, Deadline deadline) {
    auto done = co_await within(deadline, shake_hands(loop));
    if (!done && done.error().code == Errc::timed_out)
        co_return Error{Errc::timed_out,
                        context_->implementation().peer_is + " did not complete the TLS handshake"};
    co_return done;
}

Task<Result<void>> TlsDuplex::shake_hands(Loop& loop) {
    struct Attachment {
        TlsDuplex& tls;
        ~Attachment() { tls.detach(); }
    };
    Event event(loop.turn);
    const Attachment attachment{*this};
    if (auto attached = attach(loop, event); !attached) co_return attached;
    while (true) {
        const auto done = shake_on();
        if (!done) co_return done.error();
        if (*done) break;
        co_await event.wait();
    }
    // Nobody flushes a connection that is not attached, so the peer must have our last words now.
    while (!unsent_.empty() && !dead_) co_await event.wait();
    if (dead_) co_return *dead_;
    const auto& shared = context_->implementation();
    if (!shared.server && !shared.alpn.empty() && alpn() != shared.alpn)
        co_return Error{Errc::protocol, shared.peer_is + " does not speak the protocol " +
                                            shared.alpn + "; is the address right?"};
    co_return Result<void>();
}

/// Says whether the handshake is complete; if not, more has to come from the wire.
Result<bool> TlsDuplex::shake_on() {
    Exchange exchange(*this);
    auto* ssl = engine_->ssl.get();
    const auto& shared = context_->implementation();
    while (true) {
        if (dead_) return *dead_;
        const int done = SSL_do_handshake(ssl);
        if (done == 1) return true;
        if (SSL_get_error(ssl, done) != SSL_ERROR_WANT_READ) {
            fail(tls_error(shared, engine_->notes));
            continue;
        }
        if (!exchange.scratch().out().empty()) {
            send(exchange.scratch().out());
            exchange.scratch().out().clear();
        }
        const auto moved = exchange.fetch();
        if (moved.state == Moved::State::would_block) return false;
        if (moved.state == Moved::State::ended)
            fail({Errc::cut, shared.peer_is + " closed the connection during the TLS handshake"});
        if (moved.state == Moved::State::failed)
            fail({moved.error, "TLS handshake with " + shared.peer_is});
    }
}

std::string_view TlsDuplex::alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(engine_->ssl.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::string_view TlsDuplex::server_name() const {
    const char* name = SSL_get_servername(engine_->ssl.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}

std::string_view TlsDuplex::version() const { return SSL_get_version(engine_->ssl.get()); }

namespace {

std::optional<certs::Certificate> copy_of(X509* leaf) {
    if (leaf == nullptr) return std::nullopt;
    auto certificate = certs::Certificate::of(leaf);
    if (!certificate) return std::nullopt;
    return std::move(*certificate);
}

}  // namespace

std::optional<certs::Certificate> TlsDuplex::peer_certificate() const {
    return copy_of(SSL_get0_peer_certificate(engine_->ssl.get()));
}

const std::vector<certs::Certificate>& TlsDuplex::peer_path() const { return engine_->notes.path; }

std::optional<TlsDuplex::ExternalPeer> TlsDuplex::external_peer() const {
    if (!engine_->notes.external) return std::nullopt;
    auto leaf = peer_certificate();
    if (!leaf) return std::nullopt;
    ExternalPeer peer{*leaf, {}};
    const auto* issuers = SSL_get_peer_cert_chain(engine_->ssl.get());
    for (int i = 0; i < sk_X509_num(issuers); ++i)
        if (const auto issuer = certs::Certificate::of(sk_X509_value(issuers, i)))
            peer.issuers.push_back(*issuer);
    return peer;
}

bool TlsDuplex::asked_for_certificate() const { return engine_->notes.asked_for_certificate; }

std::optional<certs::Certificate> TlsDuplex::own_certificate() const {
    return copy_of(SSL_get_certificate(engine_->ssl.get()));
}

}  // namespace sallyport::net
