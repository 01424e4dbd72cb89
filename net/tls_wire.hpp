// How OpenSSL gets its bytes from us and gives us its own: a BIO over two places in memory. Seen in
// net/tls_*.cpp only.
#pragma once

#include "base/bytes.hpp"
#include "certs/openssl.hpp"

#include <array>
#include <memory>

namespace sallyport::net {

/// What the BIO of one connection reads from and appends to, while a call into OpenSSL runs.
struct TlsWire {
    BytesView in;
    Bytes* out = nullptr;
};

/// A BIO over `wire`, which must outlive it. Null only when memory is short.
certs::BioPtr make_wire_bio(TlsWire& wire);

/// Room for the bytes of one call into OpenSSL. A thread has one, or as many as there are levels of
/// TLS within TLS; so an idle connection holds none.
class TlsScratch {
public:
    static constexpr std::size_t in_bytes = 64 * 1024;
    static constexpr std::size_t record_bytes = 16 * 1024;  // RFC 8446 section 5.1
    static constexpr std::size_t out_bytes_kept_max = 128 * 1024;

    TlsScratch();
    ~TlsScratch();
    TlsScratch(const TlsScratch&) = delete;
    TlsScratch& operator=(const TlsScratch&) = delete;

    std::span<std::byte> in() { return buffers_->in; }
    std::span<std::byte> record() { return buffers_->record; }
    Bytes& out() { return buffers_->out; }

private:
    struct Buffers {
        std::array<std::byte, in_bytes> in;
        std::array<std::byte, record_bytes> record;
        Bytes out;
    };
    static std::vector<std::unique_ptr<Buffers>>& spare();
    std::unique_ptr<Buffers> buffers_;
};

}  // namespace sallyport::net
