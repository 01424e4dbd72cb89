#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/public_key.hpp"

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string_view>

namespace sallyport::certs {

enum class KeyKind { p256, p384, rsa2048, rsa3072, rsa4096, ed25519 };
/// "p256", "rsa3072", ...; nothing for any other word.
std::optional<KeyKind> key_kind(std::string_view text);

/// A private key. Copies share one immutable key; the last one wipes and frees it (OpenSSL clears
/// private numbers on release).
class Key {
public:
    /// RSA takes up to a second: not on a loop thread.
    static Result<Key> generate(KeyKind kind);

    /// Reads an unencrypted PEM key ("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"). Never
    /// asks for a passphrase: an encrypted key is Errc::unsupported. A key too weak or of a kind
    /// PublicKey does not accept is refused too.
    static Result<Key> from_pem(std::string_view pem);
    /// The same, also of an encrypted key.
    /// Errors: Errc::unauthorized if the password is wrong.
    static Result<Key> from_pem(std::string_view pem, const Secret& password);

    /// Takes the key over, whatever comes of it. Not null.
    static Result<Key> adopt(EVP_PKEY* key);

    /// Unencrypted PKCS#8 PEM.
    Result<Secret> to_pem() const;

    const PublicKey& public_key() const { return public_key_; }
    /// SHA-256 over the DER of the SubjectPublicKeyInfo.
    const KeyHash& public_key_hash() const { return public_key_.hash(); }

    /// Valid as long as any copy lives. Not to be changed.
    EVP_PKEY* get() const { return key_.get(); }

private:
    Key(std::shared_ptr<EVP_PKEY> key, PublicKey public_key);

    std::shared_ptr<EVP_PKEY> key_;
    PublicKey public_key_;
};

}  // namespace sallyport::certs
