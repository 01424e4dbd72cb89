#include "certs/public_key.hpp"

#include "certs/openssl.hpp"
#include "certs/sha256.hpp"

#include <openssl/core_names.h>

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr int key_bits_min = 2048;
constexpr int key_bits_max = 8192;

std::string text_parameter(EVP_PKEY* key, const char* parameter) {
    char text[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, parameter, text, sizeof text, &size) != 1) return {};
    return {text, size};
}

Result<void> check_kind(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "ED25519")) return {};
    if (EVP_PKEY_is_a(key, "RSA")) {
        const int bits = EVP_PKEY_get_bits(key);
        if (bits >= key_bits_min && bits <= key_bits_max) return {};
        return Error{Errc::unsupported, "RSA key with " + std::to_string(bits) +
                                            " bits: use 2048 to 8192, better P-256"};
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        // A curve spelled out in numbers may be any curve that looks like a known one.
        const bool named = text_parameter(key, OSSL_PKEY_PARAM_EC_ENCODING) == "named_curve";
        const auto curve = text_parameter(key, OSSL_PKEY_PARAM_GROUP_NAME);
        if (named && (curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1"))
            return {};
        return openssl_error("EC key on another curve than P-256, P-384 and P-521",
                             Errc::unsupported);
    }
    return openssl_error("kind of key that is not supported: use P-256, RSA or Ed25519",
                         Errc::unsupported);
}

}  // namespace

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> key, const KeyHash& hash)
    : key_(std::move(key)), hash_(hash) {}

Result<PublicKey> PublicKey::of(EVP_PKEY* key) { return make(key, Half::any); }

Result<PublicKey> PublicKey::share(EVP_PKEY* key) { return make(key, Half::is_public); }

Result<PublicKey> PublicKey::make(EVP_PKEY* key, Half half) {
    if (key == nullptr) return openssl_error("no readable public key", Errc::unsupported);
    if (auto accepted = check_kind(key); !accepted) return accepted.error();
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) return openssl_error("encode a public key");
    const std::unique_ptr<unsigned char, FreeWith<[](unsigned char* p) { OPENSSL_free(p); }>> owner(
        der);
    KeyPtr copy;
    if (half == Half::is_public && EVP_PKEY_up_ref(key) == 1) {
        copy.reset(key);
    } else {
        // Read back, so that a PublicKey made from a private key does not carry the private half.
        const unsigned char* cursor = der;
        copy.reset(d2i_PUBKEY(nullptr, &cursor, size));
    }
    if (!copy) return openssl_error("decode a public key");
    const auto bytes =
        BytesView(reinterpret_cast<const std::byte*>(der), static_cast<std::size_t>(size));
    return PublicKey({copy.release(), EVP_PKEY_free}, sha256(bytes));
}

std::string PublicKey::description() const {
    if (EVP_PKEY_is_a(get(), "ED25519")) return "Ed25519";
    const auto bits = std::to_string(EVP_PKEY_get_bits(get()));
    return (EVP_PKEY_is_a(get(), "RSA") ? "RSA " : "EC P-") + bits;
}

}  // namespace sallyport::certs
