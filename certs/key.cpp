#include "certs/key.hpp"

#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <string>
#include <utility>

namespace sallyport::certs {
namespace {

/// OpenSSL would ask on the terminal. No password: no key.
int give_passphrase(char* into, int size, int, void* password) {
    const auto& text = *static_cast<const std::string_view*>(password);
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    text.copy(into, text.size());
    return static_cast<int>(text.size());
}

EVP_PKEY* generate_rsa(std::size_t bits) { return EVP_RSA_gen(bits); }

constexpr std::pair<std::string_view, KeyKind> key_kinds[] = {
    {"p256", KeyKind::p256},       {"p384", KeyKind::p384},       {"rsa2048", KeyKind::rsa2048},
    {"rsa3072", KeyKind::rsa3072}, {"rsa4096", KeyKind::rsa4096}, {"ed25519", KeyKind::ed25519}};

}  // namespace

std::optional<KeyKind> key_kind(std::string_view text) {
    for (const auto& [name, kind] : key_kinds)
        if (name == text) return kind;
    return std::nullopt;
}

Key::Key(std::shared_ptr<EVP_PKEY> key, PublicKey public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}

Result<Key> Key::adopt(EVP_PKEY* key) {
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
        case KeyKind::p384:
            key = EVP_EC_gen("P-384");
            break;
        case KeyKind::rsa2048:
            key = generate_rsa(2048);
            break;
        case KeyKind::rsa3072:
            key = generate_rsa(3072);
            break;
        case KeyKind::rsa4096:
            key = generate_rsa(4096);
            break;
        case KeyKind::ed25519:
            key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
            break;
    }
    if (key == nullptr) return openssl_error("generate a key");
    return adopt(key);
}

Result<Key> Key::from_pem(std::string_view pem) { return from_pem(pem, Secret()); }

Result<Key> Key::from_pem(std::string_view pem, const Secret& password) {
    const auto bio = memory_bio(pem);
    if (!bio) return openssl_error("read a key");
    const auto view = password.reveal();
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase,
                                       const_cast<std::string_view*>(&view)));
    if (!key) {
        const bool encrypted = pem.find("ENCRYPTED") != pem.npos;
        auto error = openssl_error("read a PEM private key",
                                   encrypted ? Errc::unsupported : Errc::malformed);
        if (encrypted && password.empty())
            error.detail = "the private key is encrypted: give its password";
        else if (encrypted)
            error = {Errc::unauthorized, "the password of the private key is wrong"};
        return error;
    }
    const KeyContextPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    // The pair must belong together, or everything signed with it fails far from here.
    if (!check || EVP_PKEY_pairwise_check(check.get()) != 1)
        return openssl_error("the two halves of the private key do not fit", Errc::malformed);
    return adopt(key.release());
}

Result<Secret> Key::to_pem() const {
    const BioPtr bio(BIO_new(BIO_s_secmem()));  // wipes itself
    if (!bio ||
        PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_error("write a private key");
    return Secret(std::string(written_to(bio.get())));
}

}  // namespace sallyport::certs
