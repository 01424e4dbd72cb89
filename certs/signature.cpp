#include "certs/signature.hpp"

#include "base/error.hpp"
#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

namespace sallyport::certs {
namespace {

using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

/// Ed25519 hashes by itself.
const EVP_MD* digest_for(const EVP_PKEY* key) {
    return EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<std::string> sign(const Key& key, std::string_view message) {
    const DigestContextPtr context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit(context.get(), nullptr, digest_for(key.get()), nullptr, key.get()) !=
            1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
        return openssl_error("sign");
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(message), message.size()) != 1)
        return openssl_error("sign");
    signature.resize(size);
    return signature;
}

Result<void> verify(const PublicKey& key, std::string_view message, std::string_view signature) {
    const DigestContextPtr context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, digest_for(key.get()), nullptr,
                                         key.get()) != 1)
        return openssl_error("check a signature");
    const bool good = signature.size() <= signature_bytes_max &&
                      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                       bytes_of(message), message.size()) == 1;
    ERR_clear_error();
    if (!good) return Error{Errc::untrusted, "the signature is not one of this key"};
    return {};
}

}  // namespace sallyport::certs
