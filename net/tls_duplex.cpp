#include "net/tls_duplex.hpp"

#include "net/endpoint.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/tls_policy.hpp"
#include "net/tls_wire.hpp"
#include "net/within.hpp"

#include <openssl/err.h>

#include <cstring>

namespace sallyport::net {
namespace {

constexpr std::size_t buffers_max = 16;

/// Starts or continues a buffer of bytes with a consumed front.
void put(Bytes& buffer, std::size_t& from, BytesView bytes) {
    if (from > 0) {
        buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(from));
        from = 0;
    }
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

void drop(Bytes& buffer, std::size_t& from) {
    Bytes().swap(buffer);
    from = 0;
}

}  // namespace

struct TlsDuplex::Engine {
    TlsWire wire;
    TlsNotes notes;
    SslPtr ssl;
};

/// Lends the thread's scratch memory to OpenSSL for one call of ours, and keeps what is left over.
class TlsDuplex::Exchange {
public:
    explicit Exchange(TlsDuplex& tls) : tls_(tls) {
        wire().out = &scratch_.out();
        wire().in = BytesView(tls.unread_).subspan(tls.unread_from_);
        ERR_clear_error();
    }
    ~Exchange() {
        if (!scratch_.out().empty()) tls_.send(scratch_.out());
        keep_unread();
        wire().out = nullptr;
        wire().in = {};
    }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// More ciphertext from the wire. Precondition: OpenSSL has taken all there was.
    Moved fetch() {
        const auto moved = tls_.wire_->read(scratch_.in());
        if (moved.state != Moved::State::ok) return moved;
        drop(tls_.unread_, tls_.unread_from_);
        fetched_ = true;
        wire().in = scratch_.in().first(moved.bytes);
        return moved;
    }
    TlsScratch& scratch() { return scratch_; }

private:
    TlsWire& wire() { return tls_.engine_->wire; }
    void keep_unread() {
        const auto rest = wire().in;
        if (rest.empty()) return drop(tls_.unread_, tls_.unread_from_);
        if (fetched_) return put(tls_.unread_, tls_.unread_from_, rest);
        tls_.unread_from_ = tls_.unread_.size() - rest.size();
    }

    TlsDuplex& tls_;
    TlsScratch scratch_;
    bool fetched_ = false;
};

TlsDuplex::TlsDuplex(std::shared_ptr<const TlsContext> context, std::unique_ptr<Duplex> wire,
                     std::unique_ptr<Engine> engine)
    : context_(std::move(context)), engine_(std::move(engine)), wire_(std::move(wire)) {}

TlsDuplex::~TlsDuplex() { detach(); }

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

std::optional<certs::Certificate> TlsDuplex::peer_certificate() const {
    auto* leaf = SSL_get0_peer_certificate(engine_->ssl.get());
    if (leaf == nullptr) return std::nullopt;
    auto certificate = certs::Certificate::of(leaf);
    if (!certificate) return std::nullopt;
    return std::move(*certificate);
}

Result<void> TlsDuplex::attach(Loop& loop, Ready& ready) {
    ready_ = &ready;
    return wire_->attach(loop, *this);
}

void TlsDuplex::detach() { wire_->detach(); }

void TlsDuplex::on_ready() {
    if (!unsent_.empty()) flush();
    ready_->on_ready();
}

Moved TlsDuplex::read(std::span<std::byte> into) {
    if (dead_) return failed();
    Exchange exchange(*this);
    while (true) {
        const auto moved = decrypt(into);
        if (moved.state != Moved::State::would_block) return moved;
        const auto fetched = exchange.fetch();
        if (fetched.state == Moved::State::would_block) return {};
        if (fetched.state == Moved::State::ok) continue;
        if (fetched.state == Moved::State::failed)
            fail({fetched.error, {}});
        else
            fail({Errc::cut, "the connection ended without a TLS end (close_notify)"});
        return failed();
    }
}

Moved TlsDuplex::decrypt(std::span<std::byte> into) {
    auto* ssl = engine_->ssl.get();
    std::size_t total = 0;
    while (total < into.size()) {
        std::size_t count = 0;
        const int done = SSL_read_ex(ssl, into.data() + total, into.size() - total, &count);
        if (done == 1) {
            total += count;
            continue;
        }
        const int error = SSL_get_error(ssl, done);
        if (error == SSL_ERROR_ZERO_RETURN) {
            if (total == 0) return {Moved::State::ended, 0, {}};
        } else if (error != SSL_ERROR_WANT_READ) {
            fail(tls_error(context_->implementation(), engine_->notes));
            if (total == 0) return failed();  // otherwise what came before it goes first
        }
        break;
    }
    if (total == 0) return {};
    return {Moved::State::ok, total, {}};
}

Moved TlsDuplex::write(std::span<const BytesView> buffers) {
    if (!dead_ && !unsent_.empty()) flush();
    if (dead_) return failed();
    if (finishing_) return {Moved::State::failed, 0, make_error_code(Errc::closed)};
    if (!unsent_.empty()) return {};
    std::size_t taken = 0;
    {
        Exchange exchange(*this);
        taken = encrypt(buffers.first(std::min(buffers.size(), buffers_max)),
                        exchange.scratch().record());
    }
    if (dead_) return failed();
    return {Moved::State::ok, taken, {}};
}

/// Fills whole records from the buffers: small ones are gathered, large ones are not copied.
std::size_t TlsDuplex::encrypt(std::span<const BytesView> buffers, std::span<std::byte> record) {
    std::size_t taken = 0;
    std::size_t gathered = 0;
    for (auto buffer : buffers) {
        while (!buffer.empty() && taken < write_bytes_max) {
            if (gathered == 0 && buffer.size() >= record.size()) {
                if (!encrypt_one(buffer.first(record.size()))) return taken;
                taken += record.size();
                buffer = buffer.subspan(record.size());
                continue;
            }
            const auto part =
                std::min({buffer.size(), record.size() - gathered, write_bytes_max - taken});
            std::memcpy(record.data() + gathered, buffer.data(), part);
            gathered += part;
            taken += part;
            buffer = buffer.subspan(part);
            if (gathered < record.size()) continue;
            if (!encrypt_one(record)) return taken;
            gathered = 0;
        }
    }
    if (gathered > 0) encrypt_one(record.first(gathered));
    return taken;
}

bool TlsDuplex::encrypt_one(BytesView plaintext) {
    std::size_t count = 0;
    if (SSL_write_ex(engine_->ssl.get(), plaintext.data(), plaintext.size(), &count) == 1)
        return true;
    fail(tls_error(context_->implementation(), engine_->notes));
    return false;
}

void TlsDuplex::send(BytesView ciphertext) {
    if (unsent_.empty()) {
        while (!ciphertext.empty()) {
            const auto moved = wire_->write(ciphertext);
            if (moved.state == Moved::State::failed && !dead_) fail({moved.error, {}});
            if (moved.state != Moved::State::ok) break;
            ciphertext = ciphertext.subspan(moved.bytes);
        }
        if (ciphertext.empty() || dead_) return;
    }
    if (unsent_.size() - unsent_from_ + ciphertext.size() > unsent_bytes_max)
        return fail({Errc::limit, "the peer asks for answers and does not read them"});
    put(unsent_, unsent_from_, ciphertext);
}

void TlsDuplex::flush() {
    while (unsent_from_ < unsent_.size()) {
        const auto moved = wire_->write(BytesView(unsent_).subspan(unsent_from_));
        if (moved.state == Moved::State::would_block) return;
        if (moved.state == Moved::State::failed) {
            if (!dead_) fail({moved.error, {}});
            return drop(unsent_, unsent_from_);
        }
        unsent_from_ += moved.bytes;
    }
    drop(unsent_, unsent_from_);
    if (finishing_) wire_->finish();
}

void TlsDuplex::finish() {
    if (finishing_ || dead_) return;
    finishing_ = true;
    {
        Exchange exchange(*this);
        SSL_shutdown(engine_->ssl.get());  // nothing to learn: the record is made or it is too late
    }
    if (unsent_.empty()) wire_->finish();
}

void TlsDuplex::close() {
    // No close_notify: that would say that everything was said.
    if (!dead_) dead_ = Error{Errc::closed, {}};
    drop(unread_, unread_from_);
    drop(unsent_, unsent_from_);
    wire_->close();
}

bool TlsDuplex::readable() const {
    return dead_ || !unread_.empty() || SSL_pending(engine_->ssl.get()) > 0 || wire_->readable();
}

std::string TlsDuplex::failure() const {
    if (!dead_) return {};
    return dead_->detail.empty() ? wire_->failure() : dead_->detail;
}

void TlsDuplex::fail(Error error) { dead_ = std::move(error); }

Moved TlsDuplex::failed() const { return {Moved::State::failed, 0, dead_->code}; }

}  // namespace sallyport::net
