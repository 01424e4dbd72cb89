// OpenSSL's side of a TlsDuplex. Seen in net/tls_*.cpp only.
#pragma once

#include "net/tls_duplex.hpp"
#include "net/tls_policy.hpp"
#include "net/tls_wire.hpp"

#include <openssl/err.h>

namespace sallyport::net {

/// Starts or continues a buffer of bytes with a consumed front.
inline void put(Bytes& buffer, std::size_t& from, BytesView bytes) {
    if (from > 0) {
        buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(from));
        from = 0;
    }
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

inline void drop(Bytes& buffer, std::size_t& from) {
    Bytes().swap(buffer);
    from = 0;
}

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

}  // namespace sallyport::net
