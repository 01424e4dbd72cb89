#include "net/tls_duplex.hpp"

#include "net/tls_engine.hpp"

#include <cstring>

namespace sallyport::net {
namespace {

constexpr std::size_t encrypt_buffers_max = 16;

}  // namespace

TlsDuplex::TlsDuplex(std::shared_ptr<const TlsContext> context, std::unique_ptr<Duplex> wire,
                     std::unique_ptr<Engine> engine)
    : context_(std::move(context)), engine_(std::move(engine)), wire_(std::move(wire)) {}

TlsDuplex::~TlsDuplex() { detach(); }

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
        taken = encrypt(buffers.first(std::min(buffers.size(), encrypt_buffers_max)),
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
    give_up();
    wire_->close();
}

/// There are peers that take the end of TCP for an end of TLS.
void TlsDuplex::reset() {
    give_up();
    wire_->reset();
}

/// No close_notify: that would say that everything was said.
void TlsDuplex::give_up() {
    if (!dead_) dead_ = Error{Errc::closed, {}};
    drop(unread_, unread_from_);
    drop(unsent_, unsent_from_);
}

bool TlsDuplex::quiet() const {
    return !dead_ && unread_.empty() && SSL_pending(engine_->ssl.get()) == 0 && wire_->quiet();
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
