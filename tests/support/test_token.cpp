#include "tests/support/test_token.hpp"

#include "base/bytes.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>

namespace sallyport::test {
namespace {

using certs::FreeWith;

void require(bool held) {
    if (!held) throw std::runtime_error("the token forge failed");
}

const EVP_MD* digest_of(std::string_view algorithm) {
    if (algorithm.ends_with("256")) return EVP_sha256();
    return algorithm.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// JOSE wants both numbers side by side at full length (RFC 7518 section 3.4), OpenSSL makes DER.
std::string from_der(const std::string& der, int number_bytes) {
    const auto* cursor = bytes_of(der);
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> signature(
        d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    require(signature != nullptr);
    const auto length = static_cast<std::size_t>(number_bytes);
    std::string raw(2 * length, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    require(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, number_bytes) == number_bytes);
    require(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + length, number_bytes) ==
            number_bytes);
    return raw;
}

}  // namespace

TokenForge::TokenForge(EVP_PKEY* key) : key_(key) { require(key != nullptr); }

TokenForge TokenForge::rsa(unsigned bits) {
    return TokenForge(EVP_RSA_gen(static_cast<std::size_t>(bits)));
}

TokenForge TokenForge::ec(const char* curve) { return TokenForge(EVP_EC_gen(curve)); }

std::string TokenForge::sign(std::string_view text, std::string_view algorithm) const {
    std::string signature(1024, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    std::size_t size = signature.size();
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    certs::KeyPtr shared;
    if (algorithm.starts_with("HS")) {
        const auto secret = public_pem();
        shared.reset(
            EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr, bytes_of(secret), secret.size()));
    }
    EVP_PKEY_CTX* options = nullptr;
    require(EVP_DigestSignInit(context.get(), &options, digest_of(algorithm), nullptr,
                               shared ? shared.get() : key_.get()) == 1);
    if (algorithm.starts_with("PS"))
        require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
    require(EVP_DigestSign(context.get(), out, &size, bytes_of(text), text.size()) == 1);
    signature.resize(size);
    if (!shared && EVP_PKEY_is_a(key_.get(), "EC"))
        return from_der(signature, (EVP_PKEY_get_bits(key_.get()) + 7) / 8);
    return signature;
}

std::string TokenForge::token(std::string_view header, std::string_view payload,
                              std::string_view algorithm) const {
    const auto input = to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload));
    return input + "." + to_base64url(as_bytes(sign(input, algorithm)));
}

std::string TokenForge::number(const char* parameter, std::size_t bytes) const {
    BIGNUM* number = nullptr;
    require(EVP_PKEY_get_bn_param(key_.get(), parameter, &number) == 1);
    const std::unique_ptr<BIGNUM, FreeWith<BN_free>> owner(number);
    const auto length = bytes == 0 ? BN_num_bytes(number) : static_cast<int>(bytes);
    std::string text(static_cast<std::size_t>(length), '\0');
    require(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()), length) == length);
    return to_base64url(as_bytes(text));
}

std::string TokenForge::jwk(std::string_view members) const {
    std::string text;
    if (EVP_PKEY_is_a(key_.get(), "RSA")) {
        text = R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
               number(OSSL_PKEY_PARAM_RSA_E, 0) + '"';
    } else {
        const int bits = EVP_PKEY_get_bits(key_.get());
        const auto bytes = static_cast<std::size_t>((bits + 7) / 8);
        text = R"({"kty":"EC","crv":"P-)" + std::to_string(bits) + R"(","x":")" +
               number(OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" +
               number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes) + '"';
    }
    if (!members.empty()) text.append(",").append(members);
    return text + "}";
}

std::string TokenForge::public_pem() const {
    const certs::BioPtr bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
    return std::string(certs::written_to(bio.get()));
}

std::string TokenForge::private_pem() const {
    const certs::BioPtr bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                          nullptr) == 1);
    return std::string(certs::written_to(bio.get()));
}

}  // namespace sallyport::test
