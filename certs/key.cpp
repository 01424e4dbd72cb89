#include "certs/key.hpp"

#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>

namespace sallyport::certs {
namespace {

/// OpenSSL would ask for the passphrase of an encrypted key on the terminal.
int refuse_passphrase(char*, int, int, void*) { return -1; }

EVP_PKEY* generate_rsa(std::size_t bits) { return EVP_RSA_gen(bits); }

}  // namespace

Key::Key(std::shared_ptr<EVP_PKEY> key, PublicKey public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}

Result<Key> Key::own(EVP_PKEY* key) {
    std::shared_ptr<EVP_PKEY> owner(key, EVP_PKEY_free);
    auto public_key = PublicKey::of(key);
    if (!public_key) return public_key.error();
    return Key(std::move(owner), std::move(*public_key));
}

Result<Key> Key::generate(KeyKind kind) {
    EVP_PKEY* key = nullptr;
    switch (kind) {
        case KeyKind::p256:
            key = EVP_EC_gen("P-256");
            break;
        case KeyKind::rsa2048:
            key = generate_rsa(2048);
            break;
        case KeyKind::rsa3072:
            key = generate_rsa(3072);
            break;
        case KeyKind::ed25519:
            key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
            break;
    }
    if (key == nullptr) return openssl_error("generate a key");
    return own(key);
}

Result<Key> Key::from_pem(std::string_view pem) {
    const auto bio = memory_bio(pem);
    if (!bio) return openssl_error("read a key");
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
    if (!key) {
        const bool encrypted = pem.find("ENCRYPTED") != pem.npos;
        auto error = openssl_error("read a PEM private key",
                                   encrypted ? Errc::unsupported : Errc::malformed);
        if (encrypted)
            error.detail = "the private key is encrypted: decrypt it first (openssl pkey)";
        return error;
    }
    const KeyContextPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    // The pair must belong together, or everything signed with it fails far from here.
    if (!check || EVP_PKEY_pairwise_check(check.get()) != 1)
        return openssl_error("the two halves of the private key do not fit", Errc::malformed);
    return own(key.release());
}

Result<Secret> Key::to_pem() const {
    const BioPtr bio(BIO_new(BIO_s_secmem()));  // wipes itself
    if (!bio ||
        PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_error("write a private key");
    return Secret(std::string(written_to(bio.get())));
}

}  // namespace sallyport::certs
