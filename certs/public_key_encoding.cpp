#include "certs/public_key_encoding.hpp"

#include "certs/openssl.hpp"

#include <openssl/pem.h>

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr int p256_bits = 256;

const unsigned char* data_of(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Result<Bytes> subject_public_key_info(const PublicKey& key) {
    const int size = i2d_PUBKEY(key.get(), nullptr);
    if (size <= 0) return openssl_error("encode a public key");
    Bytes der(static_cast<std::size_t>(size));
    auto* cursor = reinterpret_cast<unsigned char*>(der.data());
    if (i2d_PUBKEY(key.get(), &cursor) != size) return openssl_error("encode a public key");
    return der;
}

Result<PublicKey> from_subject_public_key_info(BytesView der) {
    const auto* cursor = data_of(der);
    const KeyPtr key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
    if (!key) return openssl_error("decode a public key", Errc::malformed);
    auto made = PublicKey::of(key.get());
    if (!made) return made.error();
    const auto again = subject_public_key_info(*made);
    if (!again) return again.error();
    if (!std::ranges::equal(*again, der))
        return Error{Errc::malformed, "an unusual spelling of a public key"};
    return made;
}

Result<std::string> public_key_pem(const PublicKey& key) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    if (!out || PEM_write_bio_PUBKEY(out.get(), key.get()) != 1)
        return openssl_error("encode a public key");
    return std::string(written_to(out.get()));
}

Result<Bytes> ed25519_bytes(const PublicKey& key) {
    if (!is_ed25519(key)) return Error{Errc::unsupported, "not an Ed25519 key"};
    Bytes bytes(ed25519_key_bytes);
    auto size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                    &size) != 1 ||
        size != bytes.size())
        return openssl_error("encode an Ed25519 key");
    return bytes;
}

Result<PublicKey> from_ed25519_bytes(BytesView bytes) {
    if (bytes.size() != ed25519_key_bytes)
        return Error{Errc::malformed, "an Ed25519 key has 32 bytes"};
    const KeyPtr key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(bytes), bytes.size()));
    if (!key) return openssl_error("decode an Ed25519 key", Errc::malformed);
    return PublicKey::share(key.get());
}

bool is_ed25519(const PublicKey& key) { return EVP_PKEY_is_a(key.get(), "ED25519") == 1; }

bool is_p256(const PublicKey& key) {
    return EVP_PKEY_is_a(key.get(), "EC") == 1 && EVP_PKEY_get_bits(key.get()) == p256_bits;
}

}  // namespace sallyport::certs
